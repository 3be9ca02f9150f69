#include "engine/quantize/transform/widen_half.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/quantize/transform/file_draft.h"
#include "engine/quantize/transform/half.h"
#include "engine/quantize/transform/writer.h"

namespace octet {
namespace {

bool WidensConstant(const SubgraphDef& graph, const OperatorDef& op) {
  if (op.op != BuiltinOp::kDequantize || op.inputs.size() != 1 || op.outputs.size() != 1 ||
      op.inputs[0] == kAbsentTensor || op.outputs[0] == kAbsentTensor) {
    return false;
  }
  const TensorDef& half = graph.tensors[op.inputs[0]];
  return half.is_constant && half.type == DataType::kFloat16 &&
         graph.tensors[op.outputs[0]].type == DataType::kFloat32 &&
         graph.tensors[op.outputs[0]].shape == half.shape;
}

void WidenIn(const SubgraphDef& graph, FileDraft& draft, tflite::SubGraphT& file) {
  std::vector<std::unique_ptr<tflite::OperatorT>> kept;
  for (size_t o = 0; o < graph.operators.size(); ++o) {
    const OperatorDef& op = graph.operators[o];
    if (!WidensConstant(graph, op)) {
      kept.push_back(std::move(file.operators[o]));
      continue;
    }
    file.tensors[op.outputs[0]]->buffer = AddBuffer(
        draft, BufferContent(std::make_shared<HalfDecoder>(graph.tensors[op.inputs[0]].data)));
  }
  file.operators = std::move(kept);
}

}  // namespace

bool HasHalfConstants(const Model& model) {
  for (const SubgraphDef& graph : model.subgraphs()) {
    for (const OperatorDef& op : graph.operators) {
      if (WidensConstant(graph, op)) return true;
    }
  }
  return false;
}

absl::StatusOr<std::string> WidenHalfConstants(const Model& model, absl::string_view source,
                                               ThreadPool* pool) {
  OCTET_ASSIGN_OR_RETURN(FileDraft draft, OpenDraft(source));
  for (size_t s = 0; s < model.subgraphs().size(); ++s) {
    WidenIn(model.subgraphs()[s], draft, *draft.model.subgraphs[s]);
  }
  return WriteFile(draft, pool, [](uint64_t, uint64_t) { return true; });
}

}  // namespace octet
