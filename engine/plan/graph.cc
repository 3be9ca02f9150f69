#include "engine/plan/graph.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/registry.h"

namespace octet {
namespace {

// What constants computed at load may take, all together.
constexpr size_t kMaxFoldedBytes = size_t{1} << 30;

// Whether each operator contributes to an output of the subgraph.
std::vector<bool> NeededOperators(const SubgraphDef& subgraph) {
  std::vector<bool> wanted(subgraph.tensors.size(), false);
  for (int32_t output : subgraph.outputs) wanted[output] = true;
  std::vector<bool> needed(subgraph.operators.size(), false);
  for (size_t i = subgraph.operators.size(); i-- > 0;) {
    const OperatorDef& op = subgraph.operators[i];
    needed[i] =
        std::any_of(op.outputs.begin(), op.outputs.end(), [&](int32_t t) { return wanted[t]; });
    if (!needed[i]) continue;
    for (int32_t t : op.inputs) {
      if (t != kAbsentTensor) wanted[t] = true;
    }
  }
  return needed;
}

absl::Status InOperator(const GraphStep& step, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat("operator ", step.op_index, " (", BuiltinOpName(step.kind),
                                   "): ", status.message()));
}

bool AllInputsConstant(const Graph& graph, const GraphStep& step) {
  return std::all_of(step.inputs.begin(), step.inputs.end(),
                     [&](int32_t t) { return t == kAbsentTensor || graph.tensors[t].is_constant; });
}

// Runs a step on constants and keeps its outputs as constants.
absl::Status Fold(const GraphStep& step, Graph& graph) {
  std::vector<const void*> inputs;
  std::vector<Shape> input_shapes;
  // Operators may read past the end of an input, where the model's own memory may end: copies.
  std::vector<AlignedBuffer> copies;
  for (int32_t t : step.inputs) {
    const bool absent = t == kAbsentTensor;
    const absl::Span<const std::byte> data =
        absent ? absl::Span<const std::byte>() : graph.tensors[t].data;
    copies.emplace_back(data.size() + ops::kInputOverReadBytes);
    if (!copies.back().ok()) return absl::ResourceExhaustedError("out of memory");
    std::copy(data.begin(), data.end(), copies.back().data());
    inputs.push_back(absent ? nullptr : copies.back().data());
    input_shapes.push_back(absent ? Shape() : graph.tensors[t].shape);
  }
  OCTET_ASSIGN_OR_RETURN(const ops::Shapes output_shapes, step.op->InferShapes(input_shapes));
  std::vector<void*> outputs;
  for (size_t i = 0; i < step.outputs.size(); ++i) {
    TensorDef& tensor = graph.tensors[step.outputs[i]];
    const size_t bytes = output_shapes[i].num_elements() * DataTypeSize(tensor.type);
    if (bytes > kMaxFoldedBytes - std::min(kMaxFoldedBytes, graph.constant_bytes)) {
      return absl::ResourceExhaustedError(
          absl::StrCat("constants of more than ", kMaxFoldedBytes, " bytes would be computed"));
    }
    AlignedBuffer buffer(bytes + ops::kInputOverReadBytes);
    if (!buffer.ok()) return absl::ResourceExhaustedError("out of memory");
    graph.constant_bytes += bytes;
    tensor.shape = output_shapes[i];
    tensor.data = {buffer.data(), bytes};
    tensor.is_constant = true;
    outputs.push_back(buffer.data());
    graph.folded.push_back(std::move(buffer));
  }
  AlignedBuffer scratch(step.op->ScratchBytes(input_shapes, 1));
  if (!scratch.ok()) return absl::ResourceExhaustedError("out of memory");
  ops::RunContext context;
  context.inputs = inputs;
  context.outputs = outputs;
  context.input_shapes = input_shapes;
  context.output_shapes = output_shapes;
  context.scratch = scratch.data();
  return step.op->Run(context);
}

// Reading checked that nothing is read before it is made; what remains is a tensor that the file
// calls a variable, whose state no operator here keeps.
absl::Status CheckSources(const SubgraphDef& subgraph) {
  for (int32_t t : subgraph.inputs) {
    if (subgraph.tensors[t].is_constant) {
      return absl::InvalidArgumentError(
          absl::StrCat("input '", subgraph.tensors[t].name, "' has constant data"));
    }
  }
  for (size_t t = 0; t < subgraph.tensors.size(); ++t) {
    if (subgraph.tensors[t].is_variable) {
      return absl::UnimplementedError(
          absl::StrCat("tensor ", t, " ('", subgraph.tensors[t].name, "') is a variable"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Graph>> PrepareGraph(std::shared_ptr<const Model> model,
                                                          const GraphOptions& options) {
  auto graph = std::make_unique<Graph>();
  const SubgraphDef& subgraph = model->main();
  graph->model = model;
  graph->tensors = subgraph.tensors;
  graph->inputs = subgraph.inputs;
  graph->outputs = subgraph.outputs;
  OCTET_RETURN_IF_ERROR(CheckSources(subgraph));
  const std::vector<bool> needed = NeededOperators(subgraph);
  for (size_t i = 0; i < subgraph.operators.size(); ++i) {
    const OperatorDef& op = subgraph.operators[i];
    ops::PrepareContext context{graph->tensors, &op, options.rounding, options.isas};
    // An operator that nothing needs is prepared all the same: a file that holds what Octet lacks
    // is refused as a whole, whatever hangs on it.
    OCTET_ASSIGN_OR_RETURN(auto prepared, ops::PrepareOp(context, static_cast<int>(i)));
    GraphStep step{std::move(prepared), static_cast<int32_t>(i), op.op, op.inputs, op.outputs};
    // Folded whether needed or not: what hangs on it must find its constants to be prepared.
    if (!op.inputs.empty() && AllInputsConstant(*graph, step)) {
      OCTET_RETURN_IF_ERROR(InOperator(step, Fold(step, *graph)));
      continue;
    }
    if (!needed[i]) continue;
    graph->constant_bytes += step.op->ConstantBytes();
    graph->steps.push_back(std::move(step));
  }
  return graph;
}

}  // namespace octet
