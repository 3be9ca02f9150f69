// Runs the float model on samples and finds the ranges of its activations.
#ifndef OCTET_ENGINE_QUANTIZE_CALIBRATE_CALIBRATE_H_
#define OCTET_ENGINE_QUANTIZE_CALIBRATE_CALIBRATE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/thread_pool.h"
#include "engine/model/model.h"
#include "engine/quantize/calibrate/sample_check.h"
#include "engine/quantize/calibrate/statistics.h"
#include "engine/quantize/calibrate/tensor_watch.h"
#include "engine/quantize/transform/options.h"
#include "engine/quantize/transform/scale_assignment.h"

namespace octet {

// By tensor of the main subgraph.
struct Calibration {
  std::vector<TensorStatistics> statistics;
  TensorRanges ranges;  // absent for constants, other types than FLOAT32 and what never ran
  // Mean over all samples of each element of the last dimension; empty where it was not asked for.
  std::vector<std::vector<double>> channel_means;
};

// Runs done and in all; returning false cancels the work.
using RunProgress = absl::FunctionRef<bool(int64_t done, int64_t total)>;

// `samples` are ordered as the model's inputs. `with_means` names the tensors whose channel means
// are wanted. Keeps at most `max_kept_bytes` of activations at a time, at the price of more runs.
// Errors: InvalidArgument for no samples and for a value that is not finite (tensor and sample
// named), as CompiledModel::Compile, Cancelled.
absl::StatusOr<Calibration> Calibrate(std::shared_ptr<const Model> model,
                                      absl::Span<const SampleInputs> samples,
                                      const QuantizeOptions& options,
                                      const std::vector<bool>& with_means,
                                      std::shared_ptr<ThreadPool> pool, RunProgress progress,
                                      int64_t max_kept_bytes = kMaxKeptBytes);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_CALIBRATE_CALIBRATE_H_
