#include "engine/quantize/transform/scale_assignment.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/quantize/transform/selection.h"

namespace octet {
namespace {

class Assigner {
 public:
  Assigner(const SubgraphDef& graph, absl::Span<const TensorUses> uses,
           absl::Span<const IntegerChoice> choices, const TensorRanges& ranges,
           QuantizationMode mode)
      : graph_(graph), uses_(uses), choices_(choices), ranges_(ranges), mode_(mode) {
    result_.scales.resize(graph.tensors.size());
    result_.fixed.resize(graph.tensors.size());
  }

  ScaleAssignment Run() {
    const auto count = static_cast<int32_t>(graph_.operators.size());
    for (int32_t o = 0; o < count; ++o) {
      if (Rule(o) == ScaleRule::kFixed) Fix(o);
    }
    // From the last to the first, so that what comes after an operator is settled before it.
    for (int32_t o = count; o-- > 0;) {
      if (Rule(o) == ScaleRule::kJoint) Join(o);
    }
    for (size_t t = 0; t < graph_.tensors.size(); ++t) {
      const TensorUses& uses = uses_[t];
      if (uses.is_input || (uses.writer != kNoOperator && !choices_[uses.writer].integer)) {
        TakeOwn(static_cast<int32_t>(t));
      }
    }
    for (int32_t o = 0; o < count; ++o) GoForward(o);
    for (int32_t o = 0; o < count; ++o) FindRequantized(o);
    return std::move(result_);
  }

 private:
  // kOwn for one that stays float, too: nothing hangs on its scales.
  ScaleRule Rule(int32_t op) const {
    return choices_[op].integer ? ScaleRuleOf(*choices_[op].rule, mode_) : ScaleRule::kOwn;
  }

  ScaleChoice Own(int32_t tensor) const {
    const ValueRange& range = *ranges_[tensor];
    return mode_ == QuantizationMode::kInt16x8 ? Int16Scale(range) : Int8Scale(range);
  }

  bool Known(int32_t tensor) const {
    return IsFloatValue(graph_, tensor) && ranges_[tensor].has_value();
  }

  void TakeOwn(int32_t tensor) {
    if (Known(tensor) && !result_.scales[tensor].has_value()) result_.scales[tensor] = Own(tensor);
  }

  void Fix(int32_t op) {
    for (const int32_t output : graph_.operators[op].outputs) {
      if (!IsFloatValue(graph_, output)) continue;
      result_.scales[output] = FixedScaleOf(*choices_[op].rule, mode_);
      result_.fixed[output] = true;
    }
  }

  void Join(int32_t op) {
    const OperatorDef& def = graph_.operators[op];
    const int32_t output = def.outputs[0];
    TakeOwn(output);
    if (!result_.scales[output].has_value()) return;
    const ScaleChoice wanted = *result_.scales[output];
    for (size_t slot = 0; slot < def.inputs.size(); ++slot) {
      const int32_t input = def.inputs[slot];
      if (IsFloatConstant(graph_, input)) {
        result_.inputs[{op, static_cast<int32_t>(slot)}] = wanted;
      } else if (mode_ == QuantizationMode::kFullInteger && Known(input) &&
                 FirstJoint(input) == op) {
        GoBackward(input, wanted, op);
      }
    }
  }

  // The first operator with joint scales that reads the value.
  int32_t FirstJoint(int32_t tensor) const {
    for (const Reader& reader : uses_[tensor].readers) {
      if (Rule(reader.op) == ScaleRule::kJoint) return reader.op;
    }
    return kNoOperator;
  }

  // The value and all that must have its scale because operators that keep scales wrote it. Where
  // one cannot take the scale, none does.
  void GoBackward(int32_t tensor, const ScaleChoice& wanted, int32_t joint) {
    std::vector<int32_t> values = {tensor};
    absl::flat_hash_set<int32_t> through = {joint};
    std::vector<std::pair<int32_t, int32_t>> constants;
    for (size_t i = 0; i < values.size(); ++i) {
      const int32_t writer = uses_[values[i]].writer;
      if (writer == kNoOperator || Rule(writer) != ScaleRule::kForward) continue;
      if (!through.insert(writer).second) continue;
      const OperatorDef& def = graph_.operators[writer];
      for (size_t slot = 0; slot < def.inputs.size(); ++slot) {
        if (IsFloatValue(graph_, def.inputs[slot])) values.push_back(def.inputs[slot]);
        if (IsFloatConstant(graph_, def.inputs[slot])) {
          constants.push_back({writer, static_cast<int32_t>(slot)});
        }
      }
      for (const int32_t output : def.outputs) {
        if (output != values[i] && IsFloatValue(graph_, output)) values.push_back(output);
      }
    }
    for (const int32_t value : values) {
      if (!CanTake(value, wanted, joint, through)) return;
    }
    for (const int32_t value : values) result_.scales[value] = wanted;
    for (const auto& constant : constants) result_.inputs[constant] = wanted;
  }

  bool CanTake(int32_t tensor, const ScaleChoice& wanted, int32_t joint,
               const absl::flat_hash_set<int32_t>& through) {
    if (!Known(tensor)) return false;
    if (result_.scales[tensor].has_value()) return *result_.scales[tensor] == wanted;
    if (Covers(wanted, *ranges_[tensor])) return true;
    // It would saturate. Those that demand the scale do not mind.
    const TensorUses& uses = uses_[tensor];
    const bool others = uses.is_output || std::any_of(uses.readers.begin(), uses.readers.end(),
                                                      [&through](const Reader& reader) {
                                                        return !through.contains(reader.op);
                                                      });
    if (!others) return true;
    result_.deviations.push_back(
        {"narrowed-reader", graph_.tensors[tensor].name,
         absl::StrCat("keeps its own range for other readers; ", KindOf(graph_.operators[joint]),
                      " reads it through a QUANTIZE")});
    return false;
  }

  static bool Covers(const ScaleChoice& scale, const ValueRange& range) {
    const ValueRange reach = Int8Reach(scale);
    return reach.min - scale.scale <= range.min && range.max <= reach.max + scale.scale;
  }

  void GoForward(int32_t op) {
    if (!choices_[op].integer) return;
    const OperatorDef& def = graph_.operators[op];
    absl::optional<ScaleChoice> scale;
    if (Rule(op) == ScaleRule::kForward) scale = ScaleOfOnlyInput(op);
    for (const int32_t output : def.outputs) {
      if (!IsFloatValue(graph_, output)) continue;
      if (!result_.scales[output].has_value() && scale.has_value()) {
        result_.scales[output] = scale;
      }
      TakeOwn(output);
    }
  }

  absl::optional<ScaleChoice> ScaleOfOnlyInput(int32_t op) {
    const OperatorDef& def = graph_.operators[op];
    for (size_t slot = 0; slot < def.inputs.size(); ++slot) {
      const int32_t input = def.inputs[slot];
      if (IsFloatValue(graph_, input)) return result_.scales[input];
      if (!IsFloatConstant(graph_, input)) continue;
      const auto known = result_.inputs.find({op, static_cast<int32_t>(slot)});
      return known != result_.inputs.end() ? known->second : ConstantScale(input);
    }
    return absl::nullopt;
  }

  ScaleChoice ConstantScale(int32_t tensor) const {
    const ValueRange range = ranges_[tensor].value_or(ValueRange{});
    return mode_ == QuantizationMode::kInt16x8 ? Int16Scale(range) : Int8ConstantScale(range);
  }

  // Inputs whose codes do not fit, and the scales of constants.
  void FindRequantized(int32_t op) {
    if (!choices_[op].integer) return;
    const ScaleRule rule = Rule(op);
    const OperatorDef& def = graph_.operators[op];
    for (size_t slot = 0; slot < def.inputs.size(); ++slot) {
      const int32_t input = def.inputs[slot];
      const std::pair<int32_t, int32_t> key(op, static_cast<int32_t>(slot));
      if (IsFloatConstant(graph_, input)) {
        if (result_.inputs.count(key) == 0) result_.inputs[key] = ConstantScale(input);
      } else if (IsFloatValue(graph_, input) &&
                 (rule == ScaleRule::kJoint || rule == ScaleRule::kForward)) {
        const absl::optional<ScaleChoice> wanted = ScaleOfFirstReal(def.outputs);
        if (wanted.has_value() && wanted != result_.scales[input]) result_.inputs[key] = *wanted;
      }
    }
  }

  absl::optional<ScaleChoice> ScaleOfFirstReal(const std::vector<int32_t>& outputs) const {
    for (const int32_t output : outputs) {
      if (IsFloatValue(graph_, output)) return result_.scales[output];
    }
    return absl::nullopt;
  }

  const SubgraphDef& graph_;
  const absl::Span<const TensorUses> uses_;
  const absl::Span<const IntegerChoice> choices_;
  const TensorRanges& ranges_;
  const QuantizationMode mode_;
  ScaleAssignment result_;
};

}  // namespace

ScaleAssignment AssignScales(const SubgraphDef& graph, absl::Span<const TensorUses> uses,
                             absl::Span<const IntegerChoice> choices, const TensorRanges& ranges,
                             QuantizationMode mode) {
  return Assigner(graph, uses, choices, ranges, mode).Run();
}

}  // namespace octet
