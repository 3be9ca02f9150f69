// Runs a compiled program: its main subgraph and those that it calls.
#ifndef OCTET_ENGINE_RUNTIME_PROGRAM_RUNNER_H_
#define OCTET_ENGINE_RUNTIME_PROGRAM_RUNNER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/runtime/compiled_program.h"
#include "engine/runtime/graph_runner.h"
#include "engine/runtime/state.h"

namespace octet {

// Not thread-safe: one per worker. The program outlives it.
class ProgramRunner final : private ops::SubgraphRunner {
 public:
  explicit ProgramRunner(const CompiledProgram& compiled);

  // Lays out memory for `rows` rows; must succeed once before anything else. Errors as
  // CompiledProgram::PlanFor, and ResourceExhausted where memory can't be had.
  absl::Status SetRows(int rows);
  int rows() const { return rows_; }

  absl::Span<std::byte> input(int i) { return main_->input(i); }
  const Shape& input_shape(int i) const;
  // Of the last Run.
  absl::Span<const std::byte> output(int i) const;
  Shape output_shape(int i) const { return main_->output(i).shape; }

  // Runs with the state that earlier runs left.
  absl::Status Run() { return main_->Run(); }
  // Forgets what earlier runs left.
  void ResetState();

 private:
  absl::StatusOr<absl::Span<const ops::TensorView>> Run(
      int32_t subgraph, absl::Span<const ops::TensorView> inputs) override;

  const CompiledProgram& compiled_;
  std::unique_ptr<State> state_;  // null for a program without state
  // By subgraph; made when first called. The main one is made by SetRows.
  std::vector<std::unique_ptr<GraphRunner>> runners_;
  std::vector<std::vector<ops::TensorView>> results_;
  GraphRunner* main_ = nullptr;
  int rows_ = 0;
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_PROGRAM_RUNNER_H_
