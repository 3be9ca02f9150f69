#include "engine/plan/graph.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/registry.h"
#include "engine/plan/band_fusion.h"
#include "engine/plan/run_ahead.h"
#include "engine/plan/table_fusion.h"

namespace octet {
namespace {

// What constants computed at load may take, all together.
constexpr size_t kMaxFoldedBytes = size_t{1} << 30;

// Drops the steps that neither an output nor any state depends on.
void DropUnneeded(Graph& graph) {
  std::vector<bool> wanted(graph.tensors.size(), false);
  for (int32_t output : graph.outputs) wanted[output] = true;
  std::vector<GraphStep> kept;
  for (size_t i = graph.steps.size(); i-- > 0;) {
    GraphStep& step = graph.steps[i];
    const bool read =
        std::any_of(step.outputs.begin(), step.outputs.end(), [&](int32_t t) { return wanted[t]; });
    if (!read && !step.op->HasSideEffects()) continue;
    for (int32_t t : step.inputs) {
      if (t != kAbsentTensor) wanted[t] = true;
    }
    kept.push_back(std::move(step));
  }
  std::reverse(kept.begin(), kept.end());
  graph.steps = std::move(kept);
}

bool AllInputsConstant(const Graph& graph, const GraphStep& step) {
  return std::all_of(step.inputs.begin(), step.inputs.end(),
                     [&](int32_t t) { return t == kAbsentTensor || graph.tensors[t].is_constant; });
}

// Whether a step can run while the graph is prepared.
bool IsFoldable(const Graph& graph, const GraphStep& step) {
  return !step.op->HasSideEffects() && step.op->shape_source() != ops::ShapeSource::kRun &&
         AllInputsConstant(graph, step);
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
  OCTET_ASSIGN_OR_RETURN(const ops::Shapes output_shapes,
                         InferShapes(*step.op, input_shapes, inputs));
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
  return RunAhead(*step.op, inputs, input_shapes, outputs, output_shapes);
}

absl::Status CheckSources(const SubgraphDef& subgraph) {
  for (int32_t t : subgraph.inputs) {
    if (subgraph.tensors[t].is_constant) {
      return absl::InvalidArgumentError(
          absl::StrCat("input '", subgraph.tensors[t].name, "' has constant data"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<const Graph>> PrepareGraph(const SubgraphDef& subgraph,
                                                          const GraphOptions& options,
                                                          absl::Span<const ops::Callee> callees,
                                                          ops::VariableNames& variables) {
  auto graph = std::make_unique<Graph>();
  graph->tensors = subgraph.tensors;
  graph->inputs = subgraph.inputs;
  graph->outputs = subgraph.outputs;
  OCTET_RETURN_IF_ERROR(CheckSources(subgraph));
  for (size_t i = 0; i < subgraph.operators.size(); ++i) {
    const OperatorDef& op = subgraph.operators[i];
    ops::PrepareContext context{graph->tensors, &op,        options.rounding,
                                options.isas,   &variables, callees};
    // An operator that nothing needs is prepared all the same: a file that holds what Octet lacks
    // is refused as a whole, whatever hangs on it.
    OCTET_ASSIGN_OR_RETURN(auto prepared, ops::PrepareOp(context, static_cast<int>(i)));
    GraphStep step{std::move(prepared), static_cast<int32_t>(i), op.op, op.inputs, op.outputs, {}};
    // Folded whether needed or not: what hangs on it must find its constants to be prepared.
    if (IsFoldable(*graph, step)) {
      OCTET_RETURN_IF_ERROR(InStep(step, Fold(step, *graph)));
    } else {
      graph->steps.push_back(std::move(step));
    }
  }
  DropUnneeded(*graph);
  if (!options.keep_every_tensor) {
    OCTET_RETURN_IF_ERROR(FuseTables(*graph, options.isas));
    FuseBands(*graph, options);
  }
  for (const GraphStep& step : graph->steps) graph->constant_bytes += step.op->ConstantBytes();
  return graph;
}

// Subgraphs that an operator calls.
std::vector<int32_t> Callees(const OperatorDef& op) {
  if (const auto* call = std::get_if<IfOptions>(&op.options)) {
    return {call->then_subgraph, call->else_subgraph};
  }
  if (const auto* call = std::get_if<WhileOptions>(&op.options)) {
    return {call->cond_subgraph, call->body_subgraph};
  }
  if (const auto* call = std::get_if<CallOnceOptions>(&op.options)) return {call->init_subgraph};
  return {};
}

// How deep calls may nest; each level takes some of a thread's stack.
constexpr size_t kMaxCallDepth = 64;

// The subgraphs that the main one reaches, callees before their callers.
class CallOrder {
 public:
  explicit CallOrder(const Model& model) : model_(model), visits_(model.subgraphs().size()) {}

  absl::StatusOr<std::vector<int32_t>> Find() {
    OCTET_RETURN_IF_ERROR(Walk(0, 1));
    return std::move(order_);
  }

 private:
  enum class Visit { kNew, kOpen, kDone };

  absl::Status Walk(int32_t subgraph, size_t depth) {
    visits_[subgraph] = Visit::kOpen;
    for (const OperatorDef& op : model_.subgraphs()[subgraph].operators) {
      for (int32_t callee : Callees(op)) {
        OCTET_RETURN_IF_ERROR(CheckCall(subgraph, op, callee, depth));
        if (visits_[callee] == Visit::kNew) OCTET_RETURN_IF_ERROR(Walk(callee, depth + 1));
      }
    }
    visits_[subgraph] = Visit::kDone;
    order_.push_back(subgraph);
    return absl::OkStatus();
  }

  // An open subgraph met again is a circle.
  absl::Status CheckCall(int32_t subgraph, const OperatorDef& op, int32_t callee,
                         size_t depth) const {
    if (callee < 0 || callee >= static_cast<int32_t>(visits_.size())) {
      return absl::InvalidArgumentError(absl::StrCat("subgraph ", subgraph, ": ",
                                                     BuiltinOpName(op.op), " calls subgraph ",
                                                     callee, ", which does not exist"));
    }
    if (visits_[callee] == Visit::kOpen) {
      return absl::InvalidArgumentError(
          absl::StrCat("subgraph ", callee, " calls itself through subgraph ", subgraph));
    }
    if (depth == kMaxCallDepth) {
      return absl::UnimplementedError(absl::StrCat(
          "subgraph ", subgraph, ": calls nest deeper than ", kMaxCallDepth, " levels"));
    }
    return absl::OkStatus();
  }

  const Model& model_;
  std::vector<Visit> visits_;
  std::vector<int32_t> order_;
};

// Handles of variables mean nothing outside of a model.
absl::Status CheckNoHandles(const SubgraphDef& main) {
  for (const auto* tensors : {&main.inputs, &main.outputs}) {
    for (int32_t t : *tensors) {
      if (main.tensors[t].type != DataType::kResource) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(tensors == &main.inputs ? "input '" : "output '", main.tensors[t].name,
                       "' is the handle of a variable"));
    }
  }
  return absl::OkStatus();
}

bool HasSideEffects(const Graph& graph) {
  return std::any_of(graph.steps.begin(), graph.steps.end(),
                     [](const GraphStep& step) { return step.op->HasSideEffects(); });
}

bool KeepsState(const Graph& graph) {
  return std::any_of(graph.tensors.begin(), graph.tensors.end(),
                     [](const TensorDef& tensor) { return tensor.is_variable; });
}

}  // namespace

std::string StepName(const GraphStep& step) {
  if (step.merged.empty()) return std::string(BuiltinOpName(step.kind));
  return absl::StrJoin(step.merged, "+", [](std::string* out, BuiltinOp kind) {
    absl::StrAppend(out, BuiltinOpName(kind));
  });
}

absl::Status InStep(const GraphStep& step, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat("operator ", step.op_index, " (", StepName(step),
                                                  "): ", status.message()));
}

absl::StatusOr<ops::Shapes> InferShapes(const ops::Op& op, absl::Span<const Shape> inputs,
                                        absl::Span<const void* const> values) {
  return op.shape_source() == ops::ShapeSource::kValues ? op.InferShapesFromValues(inputs, values)
                                                        : op.InferShapes(inputs);
}

size_t Program::ConstantBytes() const {
  size_t bytes = 0;
  for (const auto& graph : graphs) bytes += graph == nullptr ? 0 : graph->constant_bytes;
  return bytes;
}

absl::StatusOr<std::unique_ptr<const Program>> PrepareProgram(std::shared_ptr<const Model> model,
                                                              const GraphOptions& options) {
  auto program = std::make_unique<Program>();
  OCTET_RETURN_IF_ERROR(CheckNoHandles(model->main()));
  OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, CallOrder(*model).Find());
  ops::VariableNames variables;
  program->graphs.resize(model->subgraphs().size());
  std::vector<ops::Callee> callees(model->subgraphs().size());
  for (int32_t s : order) {
    auto graph = PrepareGraph(model->subgraphs()[s], options, callees, variables);
    if (!graph.ok()) {
      return s == 0 ? graph.status()
                    : absl::Status(graph.status().code(),
                                   absl::StrCat("subgraph ", s, ", ", graph.status().message()));
    }
    program->stateful |= KeepsState(**graph);
    callees[s] = {&model->subgraphs()[s], KeepsState(**graph) || HasSideEffects(**graph)};
    program->graphs[s] = *std::move(graph);
  }
  program->variables = variables.size();
  program->stateful |= program->variables > 0;
  program->model = std::move(model);
  return program;
}

}  // namespace octet
