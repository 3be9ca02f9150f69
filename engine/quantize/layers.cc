#include "engine/quantize/layers.h"

#include "engine/quantize/transform/graph_uses.h"
#include "engine/quantize/transform/selection.h"

namespace octet {
namespace {

// One row for each operator that writes reals, or reads them, in order; `index` by operator, or -1.
std::vector<LayerReport> Rows(const SubgraphDef& graph, std::vector<int>& index) {
  std::vector<LayerReport> rows;
  index.assign(graph.operators.size(), -1);
  for (size_t o = 0; o < graph.operators.size(); ++o) {
    const OperatorDef& op = graph.operators[o];
    bool has_reals = false;
    for (const auto* list : {&op.inputs, &op.outputs}) {
      for (const int32_t tensor : *list) has_reals = has_reals || IsFloatTensor(graph, tensor);
    }
    if (!has_reals) continue;
    index[o] = static_cast<int>(rows.size());
    LayerReport row;
    row.op_index = static_cast<int64_t>(o);
    row.op = KindOf(op);
    for (const int32_t output : op.outputs) {
      if (output == kAbsentTensor || !row.tensor.empty()) continue;
      row.tensor = graph.tensors[output].name;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

std::vector<LayerReport> IntegerLayers(const SubgraphDef& graph,
                                       absl::Span<const IntegerChoice> choices) {
  std::vector<int> index;
  std::vector<LayerReport> rows = Rows(graph, index);
  for (size_t o = 0; o < choices.size(); ++o) {
    if (index[o] < 0) continue;
    rows[index[o]].quantized = choices[o].integer;
    rows[index[o]].reason = choices[o].reason;
  }
  return rows;
}

std::vector<LayerReport> ConstantLayers(const SubgraphDef& graph,
                                        absl::Span<const ConstantPlan> plans) {
  std::vector<int> index;
  std::vector<LayerReport> rows = Rows(graph, index);
  for (LayerReport& row : rows) row.reason = "no constant of it was quantized";
  for (const ConstantPlan& plan : plans) {
    if (plan.subgraph != 0) continue;
    for (const QuantizedCopy& copy : plan.copies) {
      for (const Reader& reader : copy.readers) {
        if (index[reader.op] < 0) continue;
        rows[index[reader.op]].quantized = true;
        rows[index[reader.op]].reason.clear();
      }
    }
  }
  return rows;
}

}  // namespace octet
