// Runs a float model and its quantized form on samples and compares every tensor.
#ifndef OCTET_ENGINE_QUANTIZE_CALIBRATE_MEASURE_H_
#define OCTET_ENGINE_QUANTIZE_CALIBRATE_MEASURE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "engine/base/thread_pool.h"
#include "engine/model/model.h"
#include "engine/quantize/calibrate/calibrate.h"
#include "engine/quantize/calibrate/sample_check.h"
#include "engine/quantize/transform/report.h"

namespace octet {

inline constexpr int kReportBins = 64;

struct Measurement {
  // By tensor of the float model's main subgraph; absent for those that were not compared.
  std::vector<absl::optional<ErrorMeasure>> tensors;
  std::vector<OutputReport> outputs;
  // By tensor, of the float model's values over the tensor's range; empty without `statistics`.
  std::vector<std::vector<int64_t>> histograms;
};

// `counterpart` has for each tensor of the float model's main subgraph the one of the quantized
// model's that stands for it, or a negative number. Inputs of the two are the same in number, order
// and shape; floats are quantized where the quantized model takes codes. `statistics` are of the
// float model, or empty. Keeps at most `max_kept_bytes` of the float model's activations at a time.
// Errors: as CompiledModel::Compile, Cancelled.
absl::StatusOr<Measurement> Measure(std::shared_ptr<const Model> reals,
                                    std::shared_ptr<const Model> quantized,
                                    const std::vector<int32_t>& counterpart,
                                    absl::Span<const SampleInputs> samples,
                                    const std::vector<TensorStatistics>& statistics,
                                    std::shared_ptr<ThreadPool> pool, RunProgress progress,
                                    int64_t max_kept_bytes = kMaxKeptBytes);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_CALIBRATE_MEASURE_H_
