// The modes with integer activations: calibrate, plan, rewrite.
#ifndef OCTET_ENGINE_QUANTIZE_INTEGER_MODE_H_
#define OCTET_ENGINE_QUANTIZE_INTEGER_MODE_H_

#include "absl/status/statusor.h"
#include "engine/quantize/calibrate/calibrate.h"
#include "engine/quantize/progress.h"
#include "engine/quantize/source.h"
#include "engine/quantize/transform/integer_edit.h"
#include "octet/quantize.h"

namespace octet {

struct IntegerResult {
  FileDraft draft;  // of the source's bytes
  IntegerPlan plan;
  IntegerEdit edit;
  Calibration calibration;
  std::vector<ImprovementReport> improvements;
};

// `samples` are checked and in the order of the model's inputs.
absl::StatusOr<IntegerResult> QuantizeToIntegers(const QuantizeSource& source,
                                                 absl::Span<const SampleInputs> samples,
                                                 const QuantizeOptions& options,
                                                 const std::shared_ptr<ThreadPool>& pool,
                                                 ProgressMeter& meter);

// The report's rows of the activations, in the file's order. `histograms` by tensor, or empty.
std::vector<TensorReport> ActivationRows(const Model& model, const IntegerResult& result,
                                         QuantizationMode mode,
                                         const std::vector<std::vector<int64_t>>& histograms);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_INTEGER_MODE_H_
