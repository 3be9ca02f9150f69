#include "engine/runtime/program_runner.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {
namespace {

bool SameShapes(absl::Span<const Shape> planned, absl::Span<const ops::TensorView> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (planned[i] != inputs[i].shape) return false;
  }
  return true;
}

}  // namespace

ProgramRunner::ProgramRunner(const CompiledProgram& compiled) : compiled_(compiled) {
  const auto& graphs = compiled.program().graphs;
  RunEnvironment environment;
  environment.pool = compiled.pool();
  environment.subgraphs = this;
  environment.max_dynamic_bytes = compiled.options().max_arena_bytes;
  for (size_t s = 0; s < graphs.size(); ++s) {
    runners_.push_back(
        graphs[s] == nullptr
            ? nullptr
            : std::make_unique<GraphRunner>(*graphs[s], static_cast<int32_t>(s), environment));
  }
  results_.resize(graphs.size());
  main_ = runners_[0].get();
}

absl::Status ProgramRunner::SetRows(int rows) {
  if (rows == rows_) return absl::OkStatus();
  if (compiled_.program().stateful && state_ == nullptr) {
    OCTET_ASSIGN_OR_RETURN(state_, State::Create(compiled_.program()));
    for (auto& runner : runners_) {
      if (runner != nullptr) runner->SetState(state_.get());
    }
  }
  OCTET_ASSIGN_OR_RETURN(auto plan, compiled_.PlanFor(rows));
  OCTET_RETURN_IF_ERROR(main_->SetPlan(std::move(plan)));
  rows_ = rows;
  return absl::OkStatus();
}

void ProgramRunner::ResetState() {
  if (state_ != nullptr) state_->Reset();
}

const Shape& ProgramRunner::input_shape(int i) const {
  return main_->plan()->shapes[compiled_.main().inputs[i]];
}

absl::Span<const std::byte> ProgramRunner::output(int i) const {
  const ops::TensorView view = main_->output(i);
  const DataType type = compiled_.main().tensors[compiled_.main().outputs[i]].type;
  const size_t bytes = view.shape.num_elements() * DataTypeSize(type);
  return {static_cast<const std::byte*>(view.data), bytes};
}

absl::StatusOr<absl::Span<const ops::TensorView>> ProgramRunner::Run(
    int32_t subgraph, absl::Span<const ops::TensorView> inputs) {
  const Graph& graph = *compiled_.program().graphs[subgraph];
  GraphRunner& runner = *runners_[subgraph];
  if (inputs.size() != graph.inputs.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "subgraph ", subgraph, " takes ", graph.inputs.size(), " inputs, not ", inputs.size()));
  }
  if (runner.plan() == nullptr || !SameShapes(runner.plan()->input_shapes, inputs)) {
    std::vector<Shape> shapes;
    for (const ops::TensorView& input : inputs) shapes.push_back(input.shape);
    OCTET_ASSIGN_OR_RETURN(auto plan, compiled_.NewPlan(graph, std::move(shapes)));
    OCTET_RETURN_IF_ERROR(runner.SetPlan(std::move(plan)));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const absl::Span<std::byte> to = runner.input(static_cast<int>(i));
    if (!to.empty()) std::memcpy(to.data(), inputs[i].data, to.size());
  }
  OCTET_RETURN_IF_ERROR(runner.Run());
  std::vector<ops::TensorView>& results = results_[subgraph];
  results.clear();
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    results.push_back(runner.output(static_cast<int>(i)));
  }
  return results;
}

}  // namespace octet
