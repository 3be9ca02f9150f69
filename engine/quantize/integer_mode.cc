#include "engine/quantize/integer_mode.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/quantize/transform/bias_correction.h"
#include "engine/quantize/transform/selection.h"

namespace octet {
namespace {

// Why a value has no codes: the operator that writes it, or all that read it, stay float.
std::string WhyFloat(const SubgraphDef& graph, const IntegerPlan& plan, int32_t tensor) {
  const TensorUses& uses = plan.uses[tensor];
  const int32_t op = uses.writer != kNoOperator ? uses.writer
                     : uses.readers.empty()     ? kNoOperator
                                                : uses.readers[0].op;
  if (op == kNoOperator) return "no operator reads it";
  return absl::StrCat(KindOf(graph.operators[op]), " stays float: ", plan.choices[op].reason);
}

void FillScale(const IntegerPlan& plan, QuantizationMode mode, int32_t tensor, TensorReport& row) {
  const bool wide = mode == QuantizationMode::kInt16x8;
  const ScaleChoice& scale = *plan.scales.scales[tensor];
  const ValueRange reach = wide ? Int16Reach(scale) : Int8Reach(scale);
  row.quantized = true;
  row.type = wide ? DataType::kInt16 : DataType::kInt8;
  row.scales = 1;
  row.scale = scale.scale;
  row.zero_point = scale.zero_point;
  row.range_min = reach.min;
  row.range_max = reach.max;
  row.fixed_range = plan.scales.fixed[tensor];
}

}  // namespace

absl::StatusOr<IntegerResult> QuantizeToIntegers(const QuantizeSource& source,
                                                 absl::Span<const SampleInputs> samples,
                                                 const QuantizeOptions& options,
                                                 const std::shared_ptr<ThreadPool>& pool,
                                                 ProgressMeter& meter) {
  OCTET_RETURN_IF_ERROR(CheckInteger(*source.model, options));
  IntegerResult result;
  const auto calibrated = [&meter](int64_t done, int64_t total) {
    return meter.Tell(QuantizeStage::kCalibrate, "", done, total);
  };
  const SubgraphDef& graph = source.model->main();
  std::vector<bool> with_means;
  if (options.bias_correction) with_means = TensorsWithMeans(graph);
  OCTET_ASSIGN_OR_RETURN(result.calibration,
                         Calibrate(source.model, samples, options, with_means, pool, calibrated));
  OCTET_ASSIGN_OR_RETURN(result.plan,
                         PlanInteger(*source.model, result.calibration.ranges, options));
  CorrectedBiases corrected;
  if (options.bias_correction) {
    corrected = CorrectBiases(graph, result.plan, options, result.calibration.channel_means,
                              result.improvements);
  }
  OCTET_ASSIGN_OR_RETURN(result.draft, OpenDraft(source.file));
  const auto quantized = [&meter](int64_t done, int64_t total, absl::string_view tensor) {
    return meter.Tell(QuantizeStage::kQuantize, tensor, done, total);
  };
  OCTET_ASSIGN_OR_RETURN(result.edit, ApplyInteger(*source.model, result.plan, options, corrected,
                                                   pool.get(), quantized, result.draft));
  return result;
}

std::vector<TensorReport> ActivationRows(const Model& model, const IntegerResult& result,
                                         QuantizationMode mode,
                                         const std::vector<std::vector<int64_t>>& histograms) {
  const SubgraphDef& graph = model.main();
  std::vector<TensorReport> rows;
  for (int32_t t = 0; t < static_cast<int32_t>(graph.tensors.size()); ++t) {
    const TensorUses& uses = result.plan.uses[t];
    const bool used = uses.writer != kNoOperator || uses.is_input;
    if (!used || !IsFloatValue(graph, t)) continue;
    TensorReport row;
    row.tensor = graph.tensors[t].name;
    row.role = TensorRole::kActivation;
    row.elements = graph.tensors[t].shape.num_elements();
    if (uses.writer != kNoOperator) row.op = KindOf(graph.operators[uses.writer]);
    const TensorStatistics& statistics = result.calibration.statistics[t];
    row.min = statistics.range.min;
    row.max = statistics.range.max;
    row.min_sample = statistics.min_sample;
    row.max_sample = statistics.max_sample;
    if (t < static_cast<int32_t>(histograms.size())) row.histogram = histograms[t];
    if (result.edit.codes[t] != kNoTensor) {
      FillScale(result.plan, mode, t, row);
    } else {
      row.reason = WhyFloat(graph, result.plan, t);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace octet
