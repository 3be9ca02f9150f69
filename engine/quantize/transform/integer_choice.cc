#include "engine/quantize/transform/integer_choice.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/model/text.h"
#include "engine/quantize/transform/selection.h"
#include "engine/quantize/transform/weight_rules.h"

namespace octet {
namespace {

// Products with a constant matrix or filter.
bool HasWeights(BuiltinOp op) {
  return op == BuiltinOp::kConv2d || op == BuiltinOp::kDepthwiseConv2d ||
         op == BuiltinOp::kFullyConnected || op == BuiltinOp::kTransposeConv;
}

Activation FusedActivation(const OpOptions& options) {
  return std::visit(
      [](const auto& o) {
        if constexpr (requires { o.activation; }) {
          return o.activation;
        } else {
          return Activation::kNone;
        }
      },
      options);
}

bool IsClamp(Activation activation) {
  return activation == Activation::kNone || activation == Activation::kRelu ||
         activation == Activation::kRelu6 || activation == Activation::kReluN1To1;
}

std::string WhyWeightsDoNotFit(const SubgraphDef& graph, const OperatorDef& op) {
  const WeightRule& rule = *FindWeightRule(op.op);
  const auto input = [&op](int slot) {
    return slot < static_cast<int>(op.inputs.size()) ? op.inputs[slot] : kAbsentTensor;
  };
  const int32_t weights = input(rule.weight_input);
  if (!IsFloatConstant(graph, weights)) return "its weights are not constant";
  const TensorDef& tensor = graph.tensors[weights];
  if (tensor.shape.rank() != rule.rank || tensor.data.empty()) {
    return absl::StrCat("its weights have shape ", tensor.shape.ToString());
  }
  const int32_t bias = input(rule.bias_input);
  if (bias != kAbsentTensor && !IsFloatConstant(graph, bias)) return "its bias is not constant";
  if (!IsFloatTensor(graph, input(rule.activation_input))) return "its input is not FLOAT32";
  return "";
}

std::string WhyTensorsAreNotSelected(const SubgraphDef& graph, const OperatorDef& op,
                                     const QuantizeSelection& selection) {
  for (const auto* list : {&op.inputs, &op.outputs}) {
    for (const int32_t tensor : *list) {
      if (!IsFloatTensor(graph, tensor)) continue;
      const std::string& name = graph.tensors[tensor].name;
      const std::string reason = IsFloatConstant(graph, tensor)
                                     ? ConstantNotSelected(selection, name)
                                     : ActivationNotSelected(selection, name);
      if (!reason.empty()) return absl::StrCat(reason, " ", QuoteName(name));
    }
  }
  return "";
}

// Why the operator stays float; empty where it need not.
std::string WhyFloat(const SubgraphDef& graph, const OperatorDef& op,
                     const QuantizeOptions& options) {
  const char* type = options.mode == QuantizationMode::kInt16x8 ? "int16" : "int8";
  const ActivationRule* rule = FindActivationRule(op.op);
  if (rule == nullptr || VersionOf(*rule, options.mode) == 0) {
    return absl::StrCat("no ", type, " kernel for ", KindOf(op));
  }
  if (!IsClamp(FusedActivation(op.options))) {
    return absl::StrCat("no ", type, " kernel with its fused activation");
  }
  if (std::any_of(op.inputs.begin(), op.inputs.end(), [&graph](int32_t tensor) {
        return tensor != kAbsentTensor && graph.tensors[tensor].is_variable;
      })) {
    return "it keeps state";
  }
  if (HasWeights(op.op)) {
    if (std::string reason = WhyWeightsDoNotFit(graph, op); !reason.empty()) return reason;
  }
  std::string reason = OpNotSelected(options.selection, graph, op);
  return reason.empty() ? WhyTensorsAreNotSelected(graph, op, options.selection) : reason;
}

bool HasReals(const SubgraphDef& graph, const OperatorDef& op) {
  const auto is_real = [&graph](int32_t tensor) { return IsFloatTensor(graph, tensor); };
  return std::any_of(op.inputs.begin(), op.inputs.end(), is_real) ||
         std::any_of(op.outputs.begin(), op.outputs.end(), is_real);
}

// What stands around an operator.
class Surroundings {
 public:
  Surroundings(const SubgraphDef& graph, absl::Span<const TensorUses> uses,
               const QuantizeOptions& options, const std::vector<IntegerChoice>& choices)
      : graph_(graph), uses_(uses), options_(options), choices_(choices) {}

  // Some operator that stays float reads the value.
  bool FloatReads(int32_t tensor) const {
    const auto& readers = uses_[tensor].readers;
    return std::any_of(readers.begin(), readers.end(),
                       [this](const Reader& r) { return !choices_[r.op].integer; });
  }

  // A comparison and its like, that writes no reals, is integer where one of its inputs is read by
  // integer operators alone.
  bool ReadsFloatsAnyway(const OperatorDef& op) const {
    bool values = false;
    for (const int32_t input : op.inputs) {
      if (!IsFloatValue(graph_, input)) continue;
      values = true;
      if (!FloatReads(input)) return false;
    }
    return values;
  }

  // Neither what it reads nor what it writes has codes otherwise, and an operator that stays float
  // is beside it.
  bool IsBetweenFloats(const OperatorDef& op) const {
    bool float_operator = false;
    for (const int32_t input : op.inputs) {
      if (!IsFloatValue(graph_, input)) continue;
      const TensorUses& uses = uses_[input];
      if (uses.is_input ? options_.input_type != EdgeType::kFloat32
                        : uses.writer == kNoOperator || choices_[uses.writer].integer) {
        return false;
      }
      float_operator = float_operator || !uses.is_input;
    }
    for (const int32_t output : op.outputs) {
      if (!IsFloatValue(graph_, output)) continue;
      const TensorUses& uses = uses_[output];
      if (uses.is_output && options_.output_type != EdgeType::kFloat32) return false;
      for (const Reader& reader : uses.readers) {
        if (choices_[reader.op].integer) return false;
        float_operator = true;
      }
    }
    return float_operator;
  }

 private:
  const SubgraphDef& graph_;
  const absl::Span<const TensorUses> uses_;
  const QuantizeOptions& options_;
  const std::vector<IntegerChoice>& choices_;
};

bool HasFloatValueInput(const SubgraphDef& graph, const OperatorDef& op) {
  return std::any_of(op.inputs.begin(), op.inputs.end(),
                     [&graph](int32_t tensor) { return IsFloatValue(graph, tensor); });
}

}  // namespace

std::vector<IntegerChoice> ChooseIntegerOperators(const SubgraphDef& graph,
                                                  absl::Span<const TensorUses> uses,
                                                  const QuantizeOptions& options,
                                                  std::vector<DeviationReport>& deviations) {
  std::vector<IntegerChoice> choices(graph.operators.size());
  for (size_t o = 0; o < choices.size(); ++o) {
    const OperatorDef& op = graph.operators[o];
    IntegerChoice& choice = choices[o];
    choice.has_reals = HasReals(graph, op);
    if (!choice.has_reals) continue;
    choice.reason = WhyFloat(graph, op, options);
    choice.integer = choice.reason.empty();
    if (choice.integer) choice.rule = FindActivationRule(op.op);
  }
  const Surroundings around(graph, uses, options, choices);
  const auto stay_float = [&choices](size_t o, const char* reason) {
    choices[o] = {.has_reals = true, .reason = reason};
  };
  for (size_t o = 0; o < choices.size(); ++o) {
    if (choices[o].integer && ScaleRuleOf(*choices[o].rule, options.mode) == ScaleRule::kNoOutput &&
        around.ReadsFloatsAnyway(graph.operators[o])) {
      stay_float(o, "its inputs are read as floats anyway");
    }
  }
  for (size_t o = 0; o < choices.size(); ++o) {
    const OperatorDef& op = graph.operators[o];
    if (!choices[o].integer || !HasFloatValueInput(graph, op) ||
        ScaleRuleOf(*choices[o].rule, options.mode) != ScaleRule::kForward ||
        !around.IsBetweenFloats(op)) {
      continue;
    }
    stay_float(o, "between operators that stay float");
    deviations.push_back({"float-island", graph.tensors[op.outputs[0]].name,
                          absl::StrCat(KindOf(op), " between operators that stay float")});
  }
  return choices;
}

}  // namespace octet
