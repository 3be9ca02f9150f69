#include "octet/quantize.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/quantize/integer_mode.h"
#include "engine/quantize/progress.h"
#include "engine/quantize/source.h"
#include "engine/quantize/transform/constant_edit.h"
#include "engine/quantize/transform/constant_plan.h"
#include "engine/quantize/transform/file_draft.h"
#include "engine/quantize/transform/half.h"
#include "engine/quantize/transform/writer.h"

namespace octet {
namespace {

constexpr char kDescription[] = "Quantized by Octet.";

void CountHalves(const std::vector<EditedTensor>& tensors, QuantizeReport& report) {
  for (const EditedTensor& tensor : tensors) {
    const auto* halves = dynamic_cast<const HalfEncoder*>(tensor.encoder.get());
    if (halves == nullptr) continue;
    report.clamped_weights += halves->clamped();
    report.vanished_weights += halves->vanished();
  }
}

// Writes the file, after which the encoders know their errors.
absl::StatusOr<QuantizedModel> Finish(FileDraft draft, std::vector<EditedTensor> tensors,
                                      ThreadPool* pool, ProgressMeter& meter) {
  draft.model.description = kDescription;
  QuantizedModel result;
  OCTET_ASSIGN_OR_RETURN(result.bytes,
                         WriteFile(draft, pool, [&meter](uint64_t done, uint64_t total) {
                           return meter.Tell(QuantizeStage::kWrite, "", done, total);
                         }));
  CountHalves(tensors, result.report);
  for (EditedTensor& tensor : tensors) {
    if (tensor.encoder != nullptr) tensor.row.sqnr_db = tensor.encoder->noise().sqnr_db();
    result.report.tensors.push_back(std::move(tensor.row));
  }
  return result;
}

absl::StatusOr<QuantizedModel> QuantizeConstants(const QuantizeSource& source,
                                                 const QuantizeOptions& options, ThreadPool* pool,
                                                 ProgressMeter& meter) {
  OCTET_ASSIGN_OR_RETURN(FileDraft draft, OpenDraft(source.file));
  const auto progress = [&meter](int64_t done, int64_t total, absl::string_view tensor) {
    return meter.Tell(QuantizeStage::kQuantize, tensor, done, total);
  };
  OCTET_ASSIGN_OR_RETURN(std::vector<EditedTensor> tensors,
                         ApplyConstants(*source.model, PlanConstants(*source.model, options),
                                        options.mode, pool, progress, draft));
  return Finish(std::move(draft), std::move(tensors), pool, meter);
}

absl::StatusOr<QuantizedModel> QuantizeIntegers(const QuantizeSource& source,
                                                absl::Span<const SampleInputs> samples,
                                                const QuantizeOptions& options,
                                                const std::shared_ptr<ThreadPool>& pool,
                                                ProgressMeter& meter) {
  OCTET_ASSIGN_OR_RETURN(IntegerResult integers,
                         QuantizeToIntegers(source, samples, options, pool, meter));
  OCTET_ASSIGN_OR_RETURN(
      QuantizedModel result,
      Finish(std::move(integers.draft), std::move(integers.edit.constants), pool.get(), meter));
  for (TensorReport& row : ActivationRows(*source.model, integers, options.mode)) {
    result.report.tensors.push_back(std::move(row));
  }
  result.report.deviations = std::move(integers.plan.deviations);
  return result;
}

}  // namespace

absl::string_view QuantizeStageName(QuantizeStage stage) {
  switch (stage) {
    case QuantizeStage::kRead:
      return "read";
    case QuantizeStage::kCalibrate:
      return "calibrate";
    case QuantizeStage::kQuantize:
      return "quantize";
    case QuantizeStage::kWrite:
      return "write";
    case QuantizeStage::kMeasure:
      return "measure";
  }
  return "unknown";
}

absl::StatusOr<QuantizedModel> QuantizeModel(absl::string_view source,
                                             const QuantizeOptions& options,
                                             const QuantizeResources& resources) {
  OCTET_RETURN_IF_ERROR(CheckQuantizeOptions(options));
  ThreadPool* const pool = resources.pool.get();
  ProgressMeter meter(options, !resources.samples.empty(), resources.progress);
  if (!meter.Tell(QuantizeStage::kRead, "", 0, 1)) return absl::CancelledError("cancelled");
  OCTET_ASSIGN_OR_RETURN(const QuantizeSource opened,
                         OpenQuantizeSource(source, options.mode, pool));
  OCTET_ASSIGN_OR_RETURN(const std::vector<SampleInputs> samples,
                         OrderSamples(*opened.model, resources.samples));
  const bool integers =
      options.mode == QuantizationMode::kFullInteger || options.mode == QuantizationMode::kInt16x8;
  OCTET_ASSIGN_OR_RETURN(QuantizedModel result,
                         integers
                             ? QuantizeIntegers(opened, samples, options, resources.pool, meter)
                             : QuantizeConstants(opened, options, pool, meter));
  result.report.samples = static_cast<int64_t>(samples.size());
  result.report.bytes_before = static_cast<int64_t>(source.size());
  result.report.bytes_after = static_cast<int64_t>(result.bytes.size());
  return result;
}

absl::StatusOr<CompatibilityReport> CheckCompatibility(absl::string_view) {
  return absl::UnimplementedError("the compatibility report is not supported");
}

}  // namespace octet
