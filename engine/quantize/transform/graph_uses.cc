#include "engine/quantize/transform/graph_uses.h"

namespace octet {

std::vector<TensorUses> FindUses(const SubgraphDef& graph) {
  std::vector<TensorUses> uses(graph.tensors.size());
  for (size_t o = 0; o < graph.operators.size(); ++o) {
    const OperatorDef& op = graph.operators[o];
    const auto index = static_cast<int32_t>(o);
    for (size_t slot = 0; slot < op.inputs.size(); ++slot) {
      if (op.inputs[slot] == kAbsentTensor) continue;
      uses[op.inputs[slot]].readers.push_back({index, static_cast<int32_t>(slot)});
    }
    for (const int32_t output : op.outputs) {
      if (output != kAbsentTensor) uses[output].writer = index;
    }
  }
  for (const int32_t input : graph.inputs) {
    if (input != kAbsentTensor) uses[input].is_input = true;
  }
  for (const int32_t output : graph.outputs) {
    if (output != kAbsentTensor) uses[output].is_output = true;
  }
  return uses;
}

bool IsFloatTensor(const SubgraphDef& graph, int32_t tensor) {
  return tensor != kAbsentTensor && graph.tensors[tensor].type == DataType::kFloat32;
}

bool IsFloatValue(const SubgraphDef& graph, int32_t tensor) {
  return IsFloatTensor(graph, tensor) && !graph.tensors[tensor].is_constant;
}

bool IsFloatConstant(const SubgraphDef& graph, int32_t tensor) {
  return IsFloatTensor(graph, tensor) && graph.tensors[tensor].is_constant;
}

}  // namespace octet
