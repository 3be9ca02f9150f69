#include "engine/quantize/transform/integer_plan.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/text.h"
#include "engine/quantize/transform/selection.h"
#include "engine/quantize/transform/weight_quantizer.h"

namespace octet {
namespace {

absl::Status CheckFullInteger(const Model& model, const std::vector<IntegerChoice>& choices) {
  for (size_t o = 0; o < choices.size(); ++o) {
    if (!choices[o].has_reals || choices[o].integer) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "require_full_integer: ", OperatorLabel(0, o, KindOf(model.main().operators[o])),
        " stays float: ", choices[o].reason));
  }
  for (size_t s = 1; s < model.subgraphs().size(); ++s) {
    const SubgraphDef& graph = model.subgraphs()[s];
    for (size_t t = 0; t < graph.tensors.size(); ++t) {
      if (!IsFloatTensor(graph, static_cast<int32_t>(t))) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("require_full_integer: ", TensorLabel(s, t, graph.tensors[t].name),
                       " stays float: it belongs to a body of control flow"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRange(const SubgraphDef& graph, int32_t tensor,
                        const absl::optional<ValueRange>& range) {
  const std::string label = TensorLabel(0, tensor, graph.tensors[tensor].name);
  if (!range.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(label, ": no sample gave it a value"));
  }
  // The width, too, must be a float.
  if (!std::isfinite(range->min) || !std::isfinite(range->max) ||
      !std::isfinite(range->max - range->min)) {
    return absl::InvalidArgumentError(absl::StrCat(
        label, ": its range on the samples, ", range->min, " to ", range->max, ", is not finite"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ValueRange> ConstantRange(const SubgraphDef& graph, int32_t tensor) {
  const TensorDef& def = graph.tensors[tensor];
  const absl::Span<const float> values = def.values<float>();
  const WeightRange range = ScanWeights(values, LayoutOf(def.shape, kPerTensor));
  if (const int64_t bad = range.first_non_finite; bad >= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(TensorLabel(0, tensor, def.name), ": element ", bad, " is ", values[bad],
                     "; a weight that is not finite cannot be quantized"));
  }
  return ValueRange{range.min, range.max};
}

// Every range that an integer operator needs, checked; those of constants are their data's.
absl::StatusOr<TensorRanges> CompleteRanges(const SubgraphDef& graph,
                                            const std::vector<IntegerChoice>& choices,
                                            TensorRanges ranges) {
  ranges.resize(graph.tensors.size());
  for (size_t o = 0; o < choices.size(); ++o) {
    if (!choices[o].integer) continue;
    for (const auto* list : {&graph.operators[o].inputs, &graph.operators[o].outputs}) {
      for (const int32_t tensor : *list) {
        if (IsFloatConstant(graph, tensor)) {
          OCTET_ASSIGN_OR_RETURN(ranges[tensor], ConstantRange(graph, tensor));
        } else if (IsFloatTensor(graph, tensor)) {
          OCTET_RETURN_IF_ERROR(CheckRange(graph, tensor, ranges[tensor]));
        }
      }
    }
  }
  return ranges;
}

}  // namespace

absl::Status CheckInteger(const Model& model, const QuantizeOptions& options) {
  const SubgraphDef& graph = model.main();
  std::vector<DeviationReport> ignored;
  const std::vector<IntegerChoice> choices =
      ChooseIntegerOperators(graph, FindUses(graph), options, ignored);
  if (options.require_full_integer) OCTET_RETURN_IF_ERROR(CheckFullInteger(model, choices));
  for (size_t o = 0; o < choices.size(); ++o) {
    if (!choices[o].integer) continue;
    for (const int32_t tensor : graph.operators[o].inputs) {
      if (IsFloatConstant(graph, tensor)) {
        OCTET_RETURN_IF_ERROR(ConstantRange(graph, tensor).status());
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<IntegerPlan> PlanInteger(const Model& model, const TensorRanges& ranges,
                                        const QuantizeOptions& options) {
  const SubgraphDef& graph = model.main();
  IntegerPlan plan;
  plan.uses = FindUses(graph);
  plan.choices = ChooseIntegerOperators(graph, plan.uses, options, plan.deviations);
  if (options.require_full_integer) OCTET_RETURN_IF_ERROR(CheckFullInteger(model, plan.choices));
  OCTET_ASSIGN_OR_RETURN(const TensorRanges complete, CompleteRanges(graph, plan.choices, ranges));
  plan.scales = AssignScales(graph, plan.uses, plan.choices, complete, options.mode);
  for (DeviationReport& deviation : plan.scales.deviations) {
    plan.deviations.push_back(std::move(deviation));
  }
  return plan;
}

}  // namespace octet
