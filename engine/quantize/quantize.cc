#include "octet/quantize.h"

#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/quantize/calibrate/measure.h"
#include "engine/quantize/integer_mode.h"
#include "engine/quantize/layers.h"
#include "engine/quantize/progress.h"
#include "engine/quantize/source.h"
#include "engine/quantize/transform/compatibility.h"
#include "engine/quantize/transform/constant_edit.h"
#include "engine/quantize/transform/constant_plan.h"
#include "engine/quantize/transform/equalize.h"
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

// What a call works on.
struct Work {
  const QuantizeSource& source;
  const QuantizeOptions& options;
  absl::Span<const SampleInputs> samples;
  const std::shared_ptr<ThreadPool>& pool;
  ProgressMeter& meter;
};

// Fills `layers` and `outputs` of the report by comparison with `reals`, whose statistics these
// are; returns histograms by tensor. Nothing where there is nothing to measure with.
absl::StatusOr<std::vector<std::vector<int64_t>>> MeasureError(
    const Work& work, const std::shared_ptr<const Model>& reals,
    const std::vector<int32_t>& counterpart, const std::vector<TensorStatistics>& statistics,
    QuantizedModel& result) {
  if (!work.options.measure_error || work.samples.empty()) {
    return std::vector<std::vector<int64_t>>();
  }
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> quantized,
                         ReadModelInPlace(result.bytes));
  OCTET_ASSIGN_OR_RETURN(Measurement measured,
                         Measure(reals, quantized, counterpart, work.samples, statistics, work.pool,
                                 [&work](int64_t done, int64_t total) {
                                   return work.meter.Tell(QuantizeStage::kMeasure, "", done, total);
                                 }));
  const SubgraphDef& graph = reals->main();
  for (LayerReport& layer : result.report.layers) {
    for (const int32_t output : graph.operators[layer.op_index].outputs) {
      if (output == kAbsentTensor || layer.measured || !measured.tensors[output].has_value()) {
        continue;
      }
      layer.measured = true;
      layer.error = *measured.tensors[output];
      layer.tensor = graph.tensors[output].name;
    }
  }
  result.report.outputs = std::move(measured.outputs);
  return std::move(measured.histograms);
}

absl::StatusOr<QuantizedModel> QuantizeConstants(const Work& work) {
  const Model& model = *work.source.model;
  OCTET_ASSIGN_OR_RETURN(FileDraft draft, OpenDraft(work.source.file));
  const auto progress = [&work](int64_t done, int64_t total, absl::string_view tensor) {
    return work.meter.Tell(QuantizeStage::kQuantize, tensor, done, total);
  };
  const std::vector<ConstantPlan> plans = PlanConstants(model, work.options);
  OCTET_ASSIGN_OR_RETURN(
      std::vector<EditedTensor> tensors,
      ApplyConstants(model, plans, work.options.mode, work.pool.get(), progress, draft));
  OCTET_ASSIGN_OR_RETURN(QuantizedModel result,
                         Finish(std::move(draft), std::move(tensors), work.pool.get(), work.meter));
  result.report.layers = ConstantLayers(model.main(), plans);
  // Values keep their places.
  std::vector<int32_t> counterpart(model.main().tensors.size());
  std::iota(counterpart.begin(), counterpart.end(), 0);
  OCTET_RETURN_IF_ERROR(MeasureError(work, work.source.model, counterpart, {}, result).status());
  return result;
}

// The source with equalized weights.
absl::StatusOr<QuantizeSource> Equalize(const QuantizeSource& source, ThreadPool* pool,
                                        std::vector<ImprovementReport>& improvements) {
  OCTET_ASSIGN_OR_RETURN(std::string bytes,
                         EqualizeLayers(*source.model, source.file, pool, improvements));
  QuantizeSource equalized;
  equalized.owned = std::make_shared<const std::string>(std::move(bytes));
  equalized.file = *equalized.owned;
  OCTET_ASSIGN_OR_RETURN(equalized.model, ReadModelInPlace(equalized.file));
  return equalized;
}

absl::StatusOr<QuantizedModel> QuantizeIntegers(const Work& work) {
  const Model& model = *work.source.model;
  std::vector<ImprovementReport> improvements;
  QuantizeSource source = work.source;
  if (work.options.cross_layer_equalization) {
    OCTET_ASSIGN_OR_RETURN(source, Equalize(work.source, work.pool.get(), improvements));
  }
  OCTET_ASSIGN_OR_RETURN(
      IntegerResult integers,
      QuantizeToIntegers(source, work.samples, work.options, work.pool, work.meter));
  OCTET_ASSIGN_OR_RETURN(QuantizedModel result,
                         Finish(std::move(integers.draft), std::move(integers.edit.constants),
                                work.pool.get(), work.meter));
  result.report.layers = IntegerLayers(model.main(), integers.plan.choices);
  std::vector<int32_t> counterpart = integers.edit.codes;
  for (size_t t = 0; t < counterpart.size(); ++t) {
    if (counterpart[t] == kNoTensor) counterpart[t] = integers.edit.reals[t];
  }
  // With the equalized model: it answers as the source does, on scales of its own in between.
  OCTET_ASSIGN_OR_RETURN(
      const std::vector<std::vector<int64_t>> histograms,
      MeasureError(work, source.model, counterpart, integers.calibration.statistics, result));
  for (TensorReport& row : ActivationRows(model, integers, work.options.mode, histograms)) {
    result.report.tensors.push_back(std::move(row));
  }
  result.report.deviations = std::move(integers.plan.deviations);
  result.report.improvements = std::move(improvements);
  for (ImprovementReport& improvement : integers.improvements) {
    result.report.improvements.push_back(std::move(improvement));
  }
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
  const Work work{opened, options, samples, resources.pool, meter};
  OCTET_ASSIGN_OR_RETURN(QuantizedModel result,
                         integers ? QuantizeIntegers(work) : QuantizeConstants(work));
  OCTET_ASSIGN_OR_RETURN(result.report.compatibility, CheckCompatibility(result.bytes));
  result.report.samples = static_cast<int64_t>(samples.size());
  result.report.bytes_before = static_cast<int64_t>(source.size());
  result.report.bytes_after = static_cast<int64_t>(result.bytes.size());
  return result;
}

absl::StatusOr<CompatibilityReport> CheckCompatibility(absl::string_view model) {
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> read, ReadModelInPlace(model));
  return CheckTargets(*read);
}

}  // namespace octet
