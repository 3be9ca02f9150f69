#include "engine/runtime/program_runner.h"

#include <algorithm>
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

absl::Status InSubgraph(int32_t subgraph, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat("subgraph ", subgraph, ", ", status.message()));
}

}  // namespace

ProgramRunner::ProgramRunner(const CompiledProgram& compiled, StepObserver* observer,
                             bool whole_batches)
    : compiled_(compiled),
      memory_(compiled.options().max_arena_bytes),
      whole_batches_(whole_batches) {
  const auto& graphs = compiled.program().graphs;
  RunEnvironment environment;
  environment.pool = compiled.pool();
  environment.subgraphs = this;
  environment.observer = observer;
  for (size_t s = 0; s < graphs.size(); ++s) {
    runners_.push_back(
        graphs[s] == nullptr
            ? nullptr
            : std::make_unique<GraphRunner>(*graphs[s], static_cast<int32_t>(s), environment));
  }
  main_ = runners_[0].get();
}

int ProgramRunner::PartsFor(int rows) const {
  const auto& graphs = compiled_.program().graphs;
  const auto used = std::count_if(graphs.begin(), graphs.end(),
                                  [](const auto& graph) { return graph != nullptr; });
  const bool possible = rows > 1 && !whole_batches_ && used == 1 && compiled_.batchable();
  if (!possible || compiled_.pool() == nullptr) return 1;
  return BatchParts(rows, compiled_.pool()->threads());
}

absl::Status ProgramRunner::SetRows(int rows) {
  if (rows == rows_) return absl::OkStatus();
  if (PartsFor(rows) > 1) {
    if (batch_ == nullptr) {
      batch_ = std::make_unique<BatchRunner>(compiled_, static_cast<ops::SubgraphRunner&>(*this));
    }
    if (batch_->SetRows(rows).ok()) {
      in_parts_ = true;
      rows_ = rows;
      return absl::OkStatus();
    }
    // As a whole it may need less memory.
    batch_ = nullptr;
    in_parts_ = false;
    rows_ = 0;
  }
  if (compiled_.program().stateful && state_ == nullptr) {
    OCTET_ASSIGN_OR_RETURN(state_, State::Create(compiled_.program(), memory_));
    for (auto& runner : runners_) {
      if (runner != nullptr) runner->SetState(state_.get());
    }
  }
  OCTET_ASSIGN_OR_RETURN(auto plan, compiled_.PlanFor(rows));
  OCTET_RETURN_IF_ERROR(main_->SetPlan(std::move(plan)));
  in_parts_ = false;
  rows_ = rows;
  return absl::OkStatus();
}

void ProgramRunner::ResetState() {
  if (state_ != nullptr) state_->Reset();
}

const Shape& ProgramRunner::input_shape(int i) const {
  if (in_parts_) return batch_->input_shape(i);
  return main_->plan()->shapes[compiled_.main().inputs[i]];
}

absl::Span<const std::byte> ProgramRunner::output(int i) const {
  if (in_parts_) return batch_->output(i);
  const ops::TensorView view = main_->output(i);
  const DataType type = compiled_.main().tensors[compiled_.main().outputs[i]].type;
  const size_t bytes = view.shape.num_elements() * DataTypeSize(type);
  return {static_cast<const std::byte*>(view.data), bytes};
}

absl::Status ProgramRunner::Run() {
  if (in_parts_) return batch_->Run();
  subgraph_runs_ = 0;
  return main_->Run();
}

// Lays out a subgraph for inputs of these shapes, unless it is already.
absl::Status ProgramRunner::PlanFor(int32_t subgraph, absl::Span<const ops::TensorView> inputs) {
  GraphRunner& runner = *runners_[subgraph];
  if (runner.plan() != nullptr && SameShapes(runner.plan()->input_shapes, inputs)) {
    return absl::OkStatus();
  }
  std::vector<Shape> shapes;
  for (const ops::TensorView& input : inputs) shapes.push_back(input.shape);
  OCTET_ASSIGN_OR_RETURN(auto plan,
                         compiled_.NewPlan(*compiled_.program().graphs[subgraph], shapes));
  return runner.SetPlan(std::move(plan));
}

absl::Status ProgramRunner::Run(int32_t subgraph, absl::Span<const ops::TensorView> inputs,
                                ops::OutputAllocator& outputs) {
  const int64_t limit = compiled_.options().max_subgraph_runs;
  if (++subgraph_runs_ > limit) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", limit, " runs of subgraphs in one run of the model"));
  }
  const Graph& graph = *compiled_.program().graphs[subgraph];
  GraphRunner& runner = *runners_[subgraph];
  OCTET_RETURN_IF_ERROR(InSubgraph(subgraph, PlanFor(subgraph, inputs)));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const absl::Span<std::byte> to = runner.input(static_cast<int>(i));
    if (!to.empty()) std::memcpy(to.data(), inputs[i].data, to.size());
  }
  OCTET_RETURN_IF_ERROR(InSubgraph(subgraph, runner.Run()));
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const ops::TensorView result = runner.output(static_cast<int>(i));
    OCTET_ASSIGN_OR_RETURN(void* to, outputs.Allocate(static_cast<int>(i), result.shape));
    const size_t bytes =
        result.shape.num_elements() * DataTypeSize(graph.tensors[graph.outputs[i]].type);
    if (bytes > 0) std::memcpy(to, result.data, bytes);
  }
  return absl::OkStatus();
}

}  // namespace octet
