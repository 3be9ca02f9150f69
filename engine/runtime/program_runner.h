// Runs a compiled program: its main subgraph and those that it calls.
#ifndef OCTET_ENGINE_RUNTIME_PROGRAM_RUNNER_H_
#define OCTET_ENGINE_RUNTIME_PROGRAM_RUNNER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/memory_budget.h"
#include "engine/runtime/batch_runner.h"
#include "engine/runtime/compiled_program.h"
#include "engine/runtime/graph_runner.h"
#include "engine/runtime/state.h"

namespace octet {

// Not thread-safe: one per worker. The program and the observer (which may be null) outlive it.
class ProgramRunner final : private ops::SubgraphRunner {
 public:
  explicit ProgramRunner(const CompiledProgram& compiled, StepObserver* observer = nullptr)
      : ProgramRunner(compiled, observer, /*whole_batches=*/observer != nullptr) {}
  // Batches run as they are, not in parts: what an observer sees and what proves that rows of one
  // run stay apart.
  static ProgramRunner OfWholeBatches(const CompiledProgram& compiled) {
    return ProgramRunner(compiled, nullptr, true);
  }

  // Lays out memory for `rows` rows; must succeed once before anything else. Errors as
  // CompiledProgram::PlanFor, and ResourceExhausted where memory can't be had.
  absl::Status SetRows(int rows);
  int rows() const { return rows_; }

  absl::Span<std::byte> input(int i) { return in_parts_ ? batch_->input(i) : main_->input(i); }
  const Shape& input_shape(int i) const;
  // Of the last Run.
  absl::Span<const std::byte> output(int i) const;
  Shape output_shape(int i) const {
    return in_parts_ ? batch_->output_shape(i) : main_->output(i).shape;
  }

  // Runs with the state that earlier runs left. Where a run fails, what it had changed by then
  // stays. ResourceExhausted past the limits of memory and of calls.
  absl::Status Run();
  // Forgets what earlier runs left.
  void ResetState();

 private:
  ProgramRunner(const CompiledProgram& compiled, StepObserver* observer, bool whole_batches);
  int PartsFor(int rows) const;
  absl::Status Run(int32_t subgraph, absl::Span<const ops::TensorView> inputs,
                   ops::OutputAllocator& outputs) override;
  MemoryBudget& memory() override { return memory_; }
  absl::Status PlanFor(int32_t subgraph, absl::Span<const ops::TensorView> inputs);

  const CompiledProgram& compiled_;
  MemoryBudget memory_;
  std::unique_ptr<State> state_;  // null for a program without state
  // By subgraph; made when first called. The main one is made by SetRows.
  std::vector<std::unique_ptr<GraphRunner>> runners_;
  GraphRunner* main_ = nullptr;
  const bool whole_batches_;
  std::unique_ptr<BatchRunner> batch_;  // made by the first SetRows that splits
  bool in_parts_ = false;
  int rows_ = 0;
  int64_t subgraph_runs_ = 0;  // of this run of the model
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_PROGRAM_RUNNER_H_
