#include "engine/quantize/transform/constant_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/quantize/transform/selection.h"
#include "engine/quantize/transform/weight_quantizer.h"
#include "engine/quantize/transform/weight_rules.h"

namespace octet {
namespace {

// One reader's wish: an int8 tensor along `axis`, or the float one, for `reason`.
struct Wish {
  std::string reason;  // empty: int8
  bool is_weight = false;
  int axis = 0;
};

std::string NotSelected(const SubgraphDef& graph, const OperatorDef& op, const TensorDef& tensor,
                        const QuantizeOptions& options) {
  std::string reason = OpNotSelected(options.selection, graph, op);
  return reason.empty() ? ConstantNotSelected(options.selection, tensor.name) : reason;
}

bool Contains(absl::Span<const int> slots, int32_t slot) {
  return std::find(slots.begin(), slots.end(), slot) != slots.end();
}

int32_t InputAt(const OperatorDef& op, int slot) {
  return slot < static_cast<int>(op.inputs.size()) ? op.inputs[slot] : kAbsentTensor;
}

// Why a recurrent operator's matrices stay float, all of them; empty where none has a reason to.
std::string WhyMatricesStayFloat(const SubgraphDef& graph, const OperatorDef& op,
                                 const RecurrentRule& rule, const QuantizeOptions& options) {
  if (options.mode != QuantizationMode::kDynamicRange) {
    return absl::StrCat(KindOf(op), " takes its matrices as constants alone");
  }
  if (!IsFloatTensor(graph, InputAt(op, 0))) {
    return absl::StrCat(KindOf(op), " has no FLOAT32 activation");
  }
  for (const int slot : rule.peepholes) {
    if (InputAt(op, slot) == kAbsentTensor) continue;
    return absl::StrCat("no hybrid kernel for ", KindOf(op), " with peephole weights of FLOAT32");
  }
  for (const int slot : rule.matrices) {
    const int32_t index = InputAt(op, slot);
    if (index == kAbsentTensor) continue;
    const TensorDef& matrix = graph.tensors[index];
    if (!IsFloatTensor(graph, index) || !matrix.is_constant) {
      return absl::StrCat("input ", slot, " of ", KindOf(op), " is no FLOAT32 constant");
    }
    const int64_t elements = matrix.shape.num_elements();
    if (elements < std::max<int64_t>(options.min_weight_elements, 1)) {
      return absl::StrCat("input ", slot, " of ", KindOf(op), " has ", elements,
                          " elements, fewer than ", options.min_weight_elements,
                          ": its matrices are quantized together or not at all");
    }
    std::string reason = NotSelected(graph, op, matrix, options);
    if (!reason.empty()) return reason;
  }
  return "";
}

Wish WishOfRecurrent(const SubgraphDef& graph, const Reader& reader, const RecurrentRule& rule,
                     const QuantizeOptions& options) {
  const OperatorDef& op = graph.operators[reader.op];
  if (Contains(rule.biases, reader.slot)) return {.reason = absl::StrCat("bias of ", KindOf(op))};
  if (!Contains(rule.matrices, reader.slot)) {
    return {.reason = absl::StrCat("no hybrid kernel for ", KindOf(op), " with codes as input ",
                                   reader.slot)};
  }
  return {.reason = WhyMatricesStayFloat(graph, op, rule, options),
          .is_weight = true,
          .axis = kPerTensor};
}

Wish WishOf(const SubgraphDef& graph, const Reader& reader, const TensorDef& tensor,
            const QuantizeOptions& options) {
  const OperatorDef& op = graph.operators[reader.op];
  if (options.mode == QuantizationMode::kFloat16) {
    return {.reason = NotSelected(graph, op, tensor, options), .axis = kPerTensor};
  }
  if (const RecurrentRule* recurrent = FindRecurrentRule(op.op)) {
    return WishOfRecurrent(graph, reader, *recurrent, options);
  }
  const WeightRule* rule = FindWeightRule(op.op);
  if (rule == nullptr) return {.reason = absl::StrCat("no hybrid kernel for ", KindOf(op))};
  if (reader.slot == rule->bias_input) return {.reason = absl::StrCat("bias of ", KindOf(op))};
  if (reader.slot != rule->weight_input) {
    return {.reason = absl::StrCat("no hybrid kernel for ", KindOf(op), " with a constant input ",
                                   reader.slot)};
  }
  Wish wish{.is_weight = true, .axis = options.per_channel ? rule->axis : kPerTensor};
  const int64_t elements = tensor.shape.num_elements();
  const bool has_activation = rule->activation_input != kNoInput;
  if (elements < options.min_weight_elements) {
    wish.reason = absl::StrCat(elements, " elements, fewer than ", options.min_weight_elements);
  } else if (elements == 0) {
    wish.reason = "no elements";
  } else if (rule->rank != kAnyRank && tensor.shape.rank() != rule->rank) {
    wish.reason = absl::StrCat("no hybrid kernel for ", KindOf(op), " with weights of shape ",
                               tensor.shape.ToString());
  } else if (has_activation && (static_cast<int>(op.inputs.size()) <= rule->activation_input ||
                                !IsFloatTensor(graph, op.inputs[rule->activation_input]))) {
    wish.reason = absl::StrCat(KindOf(op), " has no FLOAT32 activation");
  } else if (op.outputs.size() != 1 || !IsFloatTensor(graph, op.outputs[0])) {
    wish.reason = absl::StrCat(KindOf(op), " has no FLOAT32 output");
  } else {
    wish.reason = NotSelected(graph, op, tensor, options);
  }
  return wish;
}

TensorRole RoleOf(BuiltinOp op, int32_t slot) {
  if (const RecurrentRule* rule = FindRecurrentRule(op)) {
    if (Contains(rule->matrices, slot)) return TensorRole::kWeight;
    return Contains(rule->biases, slot) ? TensorRole::kBias : TensorRole::kConstant;
  }
  const WeightRule* rule = FindWeightRule(op);
  if (rule == nullptr) return TensorRole::kConstant;
  if (slot == rule->weight_input) return TensorRole::kWeight;
  return slot == rule->bias_input ? TensorRole::kBias : TensorRole::kConstant;
}

ConstantPlan PlanConstant(const SubgraphDef& graph, int32_t subgraph, int32_t index,
                          const std::vector<Reader>& readers, const QuantizeOptions& options) {
  ConstantPlan plan{.subgraph = subgraph, .tensor = index};
  plan.first_op = graph.operators[readers[0].op].op;
  plan.role = RoleOf(plan.first_op, readers[0].slot);
  const auto is_output = std::find(graph.outputs.begin(), graph.outputs.end(), index);
  bool stays_float = is_output != graph.outputs.end();
  bool weight_reason = false;
  for (const Reader& reader : readers) {
    const Wish wish = WishOf(graph, reader, graph.tensors[index], options);
    if (!wish.reason.empty()) {
      stays_float = true;
      if (plan.reason.empty() || (wish.is_weight && !weight_reason)) plan.reason = wish.reason;
      weight_reason = weight_reason || wish.is_weight;
      continue;
    }
    const auto same = std::find_if(plan.copies.begin(), plan.copies.end(),
                                   [&](const QuantizedCopy& c) { return c.axis == wish.axis; });
    if (same != plan.copies.end()) {
      same->readers.push_back(reader);
    } else {
      plan.copies.push_back({.axis = wish.axis, .readers = {reader}});
    }
  }
  if (!plan.copies.empty()) {
    plan.copies[0].in_place = !stays_float;
    plan.reason.clear();
  }
  return plan;
}

}  // namespace

std::vector<ConstantPlan> PlanConstants(const Model& model, const QuantizeOptions& options) {
  std::vector<ConstantPlan> plans;
  for (size_t s = 0; s < model.subgraphs().size(); ++s) {
    const SubgraphDef& graph = model.subgraphs()[s];
    std::vector<std::vector<Reader>> readers(graph.tensors.size());
    for (size_t o = 0; o < graph.operators.size(); ++o) {
      const std::vector<int32_t>& inputs = graph.operators[o].inputs;
      for (size_t slot = 0; slot < inputs.size(); ++slot) {
        const int32_t t = inputs[slot];
        if (!IsFloatTensor(graph, t) || !graph.tensors[t].is_constant) continue;
        readers[t].push_back({static_cast<int32_t>(o), static_cast<int32_t>(slot)});
      }
    }
    for (size_t t = 0; t < readers.size(); ++t) {
      if (readers[t].empty()) continue;
      plans.push_back(PlanConstant(graph, static_cast<int32_t>(s), static_cast<int32_t>(t),
                                   readers[t], options));
    }
  }
  return plans;
}

}  // namespace octet
