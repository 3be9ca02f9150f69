// Turns progress within stages into progress of the whole.
#ifndef OCTET_ENGINE_QUANTIZE_PROGRESS_H_
#define OCTET_ENGINE_QUANTIZE_PROGRESS_H_

#include <algorithm>
#include <functional>

#include "octet/quantize.h"

namespace octet {

class ProgressMeter {
 public:
  // Stages that a call does not have take no share.
  ProgressMeter(const QuantizeOptions& options, bool has_samples,
                const std::function<bool(const QuantizeProgress&)>& callback)
      : callback_(callback) {
    const bool calibrates = options.mode == QuantizationMode::kFullInteger ||
                            options.mode == QuantizationMode::kInt16x8;
    const bool measures = options.measure_error && has_samples;
    // Rough shares: runs of models take most of the time.
    shares_[static_cast<int>(QuantizeStage::kRead)] = 1;
    shares_[static_cast<int>(QuantizeStage::kCalibrate)] = calibrates ? 8 : 0;
    shares_[static_cast<int>(QuantizeStage::kQuantize)] = 2;
    shares_[static_cast<int>(QuantizeStage::kWrite)] = 2;
    shares_[static_cast<int>(QuantizeStage::kMeasure)] = measures ? 12 : 0;
  }

  // False where the user wants the work to end.
  bool Tell(QuantizeStage stage, absl::string_view tensor, double done, double total) {
    if (!callback_) return true;
    double before = 0;
    double all = 0;
    for (int i = 0; i < kStages; ++i) {
      if (i < static_cast<int>(stage)) before += shares_[i];
      all += shares_[i];
    }
    const double part = total > 0 ? std::min(done / total, 1.0) : 1;
    const double fraction = (before + part * shares_[static_cast<int>(stage)]) / all;
    fraction_ = std::max(fraction_, fraction);
    return callback_({.stage = stage, .tensor = tensor, .fraction = fraction_});
  }

 private:
  static constexpr int kStages = 5;
  const std::function<bool(const QuantizeProgress&)>& callback_;
  double shares_[kStages] = {};
  double fraction_ = 0;
};

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_PROGRESS_H_
