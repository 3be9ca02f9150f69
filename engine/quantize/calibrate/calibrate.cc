#include "engine/quantize/calibrate/calibrate.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/text.h"
#include "engine/quantize/calibrate/tensor_watch.h"
#include "engine/quantize/transform/graph_uses.h"
#include "engine/quantize/transform/weight_quantizer.h"

namespace octet {
namespace {

constexpr int kHistogramBins = 2048;
constexpr int kInt8Steps = 255;
constexpr int kInt16Steps = 65534;

// What one run gave: the tensor's values, in the order of tensors.
using Visitor =
    absl::FunctionRef<absl::Status(int32_t tensor, absl::Span<const float> values, int64_t sample)>;

std::vector<int32_t> ComputedReals(const SubgraphDef& graph) {
  std::vector<int32_t> tensors;
  const std::vector<TensorUses> uses = FindUses(graph);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const auto tensor = static_cast<int32_t>(t);
    if (IsFloatValue(graph, tensor) && uses[t].writer != kNoOperator) tensors.push_back(tensor);
  }
  return tensors;
}

class Calibrator {
 public:
  Calibrator(std::shared_ptr<const Model> model, absl::Span<const SampleInputs> samples,
             const QuantizeOptions& options, const std::vector<bool>& with_means,
             std::shared_ptr<ThreadPool> pool, int64_t max_kept_bytes)
      : model_(std::move(model)),
        graph_(model_->main()),
        samples_(samples),
        options_(options),
        with_means_(with_means),
        pool_(std::move(pool)),
        groups_(SplitBySize(graph_, ComputedReals(graph_), max_kept_bytes)) {
    if (groups_.empty()) groups_.emplace_back();  // the inputs are to be seen all the same
    result_.statistics.resize(graph_.tensors.size());
    result_.ranges.resize(graph_.tensors.size());
    result_.channel_means.resize(graph_.tensors.size());
    counts_.resize(graph_.tensors.size());
  }

  absl::StatusOr<Calibration> Run(RunProgress progress) {
    const bool twice = NeedsHistogram(options_.calibration.method);
    const auto runs = static_cast<int64_t>(samples_.size() * groups_.size());
    const int64_t total = runs * (twice ? 2 : 1);
    const auto look = [this](int32_t tensor, absl::Span<const float> values, int64_t sample) {
      return Look(tensor, values, sample);
    };
    OCTET_RETURN_IF_ERROR(RunAll(look, 0, total, progress));
    if (twice) {
      for (TensorStatistics& statistics : result_.statistics) {
        if (statistics.seen) statistics.histogram = {statistics.range, kHistogramBins};
      }
      const auto count = [this](int32_t tensor, absl::Span<const float> values, int64_t) {
        result_.statistics[tensor].histogram.Add(values);
        return absl::OkStatus();
      };
      OCTET_RETURN_IF_ERROR(RunAll(count, runs, total, progress));
    }
    ChooseRanges();
    return std::move(result_);
  }

 private:
  absl::Status RunAll(Visitor visit, int64_t done, int64_t total, RunProgress progress) {
    for (size_t g = 0; g < groups_.size(); ++g) {
      OCTET_ASSIGN_OR_RETURN(const auto watch, TensorWatch::Create(model_, groups_[g], pool_));
      for (size_t s = 0; s < samples_.size(); ++s) {
        if (!progress(done++, total)) return absl::CancelledError("cancelled while calibrating");
        OCTET_RETURN_IF_ERROR(watch->Run(samples_[s]));
        OCTET_RETURN_IF_ERROR(Show(*watch, visit, s, /*with_inputs=*/g == 0));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Show(const TensorWatch& watch, Visitor visit, size_t sample, bool with_inputs) {
    const auto index = static_cast<int64_t>(sample);
    for (size_t i = 0; with_inputs && i < graph_.inputs.size(); ++i) {
      if (!IsFloatValue(graph_, graph_.inputs[i])) continue;
      OCTET_RETURN_IF_ERROR(visit(graph_.inputs[i], Aligned(samples_[sample][i]), index));
    }
    for (size_t i = 0; i < watch.tensors().size(); ++i) {
      const absl::Span<const std::byte> data = watch.data(i);
      OCTET_RETURN_IF_ERROR(
          visit(watch.tensors()[i],
                {reinterpret_cast<const float*>(data.data()), data.size() / sizeof(float)}, index));
    }
    return absl::OkStatus();
  }

  absl::Span<const float> Aligned(absl::Span<const std::byte> data) {
    copy_.resize(data.size() / sizeof(float));
    if (!data.empty()) std::memcpy(copy_.data(), data.data(), data.size());
    return copy_;
  }

  absl::Status Look(int32_t tensor, absl::Span<const float> values, int64_t sample) {
    const auto count = static_cast<int64_t>(values.size());
    const WeightRange range = ScanWeights(values, {.inner = count});
    if (range.first_non_finite >= 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          TensorLabel(0, tensor, graph_.tensors[tensor].name), ": element ", range.first_non_finite,
          " is ", values[range.first_non_finite], " on sample ", sample));
    }
    AddSample({range.min, range.max}, sample, options_.calibration.averaging_constant,
              result_.statistics[tensor]);
    if (tensor < static_cast<int32_t>(with_means_.size()) && with_means_[tensor]) {
      AddMeans(tensor, values);
    }
    return absl::OkStatus();
  }

  void AddMeans(int32_t tensor, absl::Span<const float> values) {
    const Shape& shape = graph_.tensors[tensor].shape;
    const int64_t channels = shape.rank() == 0 ? 1 : shape.dim(shape.rank() - 1);
    std::vector<double>& sums = result_.channel_means[tensor];
    sums.resize(channels);
    for (size_t i = 0; i < values.size(); ++i) sums[i % channels] += values[i];
    counts_[tensor] += static_cast<int64_t>(values.size()) / std::max<int64_t>(channels, 1);
  }

  void ChooseRanges() {
    const int steps = options_.mode == QuantizationMode::kInt16x8 ? kInt16Steps : kInt8Steps;
    for (size_t t = 0; t < result_.statistics.size(); ++t) {
      const TensorStatistics& statistics = result_.statistics[t];
      if (statistics.seen) result_.ranges[t] = ChooseRange(statistics, options_.calibration, steps);
      for (double& mean : result_.channel_means[t]) mean /= std::max<int64_t>(counts_[t], 1);
    }
  }

  const std::shared_ptr<const Model> model_;
  const SubgraphDef& graph_;
  const absl::Span<const SampleInputs> samples_;
  const QuantizeOptions& options_;
  const std::vector<bool>& with_means_;
  const std::shared_ptr<ThreadPool> pool_;
  std::vector<std::vector<int32_t>> groups_;  // tensors that are kept at a time
  std::vector<float> copy_;
  std::vector<int64_t> counts_;  // values that went into each mean
  Calibration result_;
};

}  // namespace

absl::StatusOr<Calibration> Calibrate(std::shared_ptr<const Model> model,
                                      absl::Span<const SampleInputs> samples,
                                      const QuantizeOptions& options,
                                      const std::vector<bool>& with_means,
                                      std::shared_ptr<ThreadPool> pool, RunProgress progress,
                                      int64_t max_kept_bytes) {
  if (samples.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("mode ", QuantizationModeName(options.mode),
                                                   " needs calibration samples; there are none"));
  }
  return Calibrator(std::move(model), samples, options, with_means, std::move(pool), max_kept_bytes)
      .Run(progress);
}

}  // namespace octet
