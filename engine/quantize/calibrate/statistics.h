// What a tensor's values were over all samples, and the range that follows.
#ifndef OCTET_ENGINE_QUANTIZE_CALIBRATE_STATISTICS_H_
#define OCTET_ENGINE_QUANTIZE_CALIBRATE_STATISTICS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/quantize/transform/activation_scale.h"
#include "engine/quantize/transform/options.h"

namespace octet {

// Counts of values in equal bins over [min, max]; zeros apart, since a code stands for them
// exactly.
class ValueHistogram {
 public:
  ValueHistogram() = default;
  ValueHistogram(const ValueRange& range, int bins)
      : range_(range), counts_(static_cast<size_t>(bins)) {}

  void Add(absl::Span<const float> values);

  const ValueRange& range() const { return range_; }
  const std::vector<int64_t>& counts() const { return counts_; }
  int64_t zeros() const { return zeros_; }
  // Counts with the zeros in their bin.
  std::vector<int64_t> CountsWithZeros() const;
  double BinWidth() const;
  double BinCenter(size_t bin) const;

 private:
  size_t BinOf(double value) const;

  ValueRange range_;
  std::vector<int64_t> counts_;
  int64_t zeros_ = 0;
};

struct TensorStatistics {
  bool seen = false;
  ValueRange range;         // smallest and largest value
  int64_t min_sample = -1;  // the first sample that had them
  int64_t max_sample = -1;
  ValueRange average;        // moving average of each sample's range
  ValueHistogram histogram;  // of methods that need one
};

// One sample's values, which are finite, joined to what was known. The average is the plain mean of
// the first 1 / `averaging_constant` samples; from then on each weighs that much.
void AddSample(const ValueRange& sample, int64_t index, double averaging_constant,
               TensorStatistics& statistics);

// The range to make codes for, by the method. `steps` is the number of codes less one.
ValueRange ChooseRange(const TensorStatistics& statistics, const CalibrationOptions& options,
                       int steps);

// Whether the method needs the histogram.
bool NeedsHistogram(CalibrationMethod method);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_CALIBRATE_STATISTICS_H_
