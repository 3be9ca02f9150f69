// Runs a batch in parts, each on a thread of its own.
#ifndef OCTET_ENGINE_RUNTIME_BATCH_RUNNER_H_
#define OCTET_ENGINE_RUNTIME_BATCH_RUNNER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/ops/core/parallel.h"
#include "engine/runtime/compiled_program.h"
#include "engine/runtime/graph_runner.h"

namespace octet {

// In how many parts a batch should run: one for each thread where they are about equal, else 1, the
// batch as it is, every operator on all threads. Threads that work on rows of their own meet at the
// end alone, not after each operator, and each keeps to its own cache.
int BatchParts(int rows, int threads);

// For a batchable program whose main subgraph calls no other. Not thread-safe; all that it is given
// outlives it.
class BatchRunner {
 public:
  // `subgraphs` is asked for memory alone.
  BatchRunner(const CompiledProgram& compiled, ops::SubgraphRunner& subgraphs);

  // Lays out memory for at least as many rows as there are threads; must succeed once before
  // anything else. Errors as CompiledProgram::PlanFor, and ResourceExhausted where memory can't be
  // had.
  absl::Status SetRows(int rows);

  // Of all rows; shapes are those of the whole batch.
  absl::Span<std::byte> input(int i) { return inputs_[i].span(); }
  absl::Span<const std::byte> output(int i) const { return outputs_[i].span(); }
  const Shape& input_shape(int i) const { return inputs_[i].shape; }
  const Shape& output_shape(int i) const { return outputs_[i].shape; }

  // Allocates nothing. The first error where several parts fail.
  absl::Status Run();

 private:
  // An input or output of the whole batch.
  struct Rows {
    explicit Rows(MemoryBudget& budget) : buffer(budget) {}
    absl::Span<std::byte> span() { return {buffer.data(), bytes}; }
    absl::Span<const std::byte> span() const { return {buffer.data(), bytes}; }
    BudgetedBuffer buffer;
    Shape shape;
    size_t bytes = 0;
  };

  absl::Status Lay(absl::Span<const int32_t> tensors, std::vector<Rows>& rows);
  ops::Range RowsOf(int64_t part) const;
  absl::Status RunPart(int64_t part);

  const CompiledProgram& compiled_;
  int rows_ = 0;
  std::vector<std::unique_ptr<GraphRunner>> runners_;  // one a thread
  std::vector<absl::Status> results_;                  // as many
  std::vector<Rows> inputs_;
  std::vector<Rows> outputs_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_BATCH_RUNNER_H_
