// The quantizer: a float `.tflite` in, a quantized one out.
//
// Bit-compatible with TensorFlow's converter where that is right; engine/NUMERICS.md, section
// "Quantizer", states the arithmetic, engine/quantize/CONVERTER.md the deliberate differences.
#ifndef OCTET_QUANTIZE_H_
#define OCTET_QUANTIZE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/quantize/calibrate/sample.h"   // IWYU pragma: export
#include "engine/quantize/transform/options.h"  // IWYU pragma: export
#include "engine/quantize/transform/report.h"   // IWYU pragma: export
#include "octet/thread_pool.h"

namespace octet {

enum class QuantizeStage {
  kRead,       // checks the source
  kCalibrate,  // runs the float model on the samples
  kQuantize,   // chooses parameters, tensor by tensor
  kWrite,      // computes the codes
  kMeasure,    // runs both models on the samples
};

// "read", "calibrate", "quantize", "write", "measure".
absl::string_view QuantizeStageName(QuantizeStage stage);

struct QuantizeProgress {
  QuantizeStage stage = QuantizeStage::kRead;
  absl::string_view tensor;  // being worked on; may be empty; valid during the call
  double fraction = 0;       // of the whole work, in [0, 1]; never falls
};

// What a call works with besides the source and the options; the caller keeps it alive.
struct QuantizeResources {
  // What kFullInteger and kInt16x8 calibrate with, and every mode measures its error on.
  absl::Span<const CalibrationSample> samples;
  // Runs the models and computes codes; null does all on the calling thread.
  std::shared_ptr<ThreadPool> pool;
  // Called on the calling thread between pieces of work; returning false ends it with Cancelled.
  // May be empty.
  std::function<bool(const QuantizeProgress&)> progress;
};

struct QuantizedModel {
  std::string bytes;  // a `.tflite` file
  QuantizeReport report;
};

// The same source, options and samples give the same file, on any number of threads. Thread-safe.
// `source` is read in place and needs no alignment.
//
// Errors, each naming tensor, operator, sample or option: InvalidArgument for a file that is no
// sound model, a weight that is NaN or infinite (with its index), options out of range, samples
// that do not fit the model's inputs by name, type or shape, values that are not finite, or no
// samples where the mode needs them; FailedPrecondition for a model that is quantized already, or
// that `require_full_integer` refuses; Unimplemented for what Octet cannot run, as
// CompiledModel::Compile; Cancelled.
absl::StatusOr<QuantizedModel> QuantizeModel(absl::string_view source,
                                             const QuantizeOptions& options,
                                             const QuantizeResources& resources = {});

// Whether other runtimes would take a `.tflite` file, and what stands in the way. InvalidArgument
// for a file that is no sound model.
absl::StatusOr<CompatibilityReport> CheckCompatibility(absl::string_view model);

}  // namespace octet

#endif  // OCTET_QUANTIZE_H_
