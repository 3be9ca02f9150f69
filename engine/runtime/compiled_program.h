// A prepared program with its plans: one for each set of input shapes that was met.
#ifndef OCTET_ENGINE_RUNTIME_COMPILED_PROGRAM_H_
#define OCTET_ENGINE_RUNTIME_COMPILED_PROGRAM_H_

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/thread_pool.h"
#include "engine/plan/graph.h"
#include "engine/plan/plan.h"

namespace octet {

struct RuntimeOptions {
  GraphOptions graph;
  std::shared_ptr<ThreadPool> pool;  // null: the calling thread alone
  int max_rows = 16;
  size_t max_arena_bytes = 0;
  int64_t max_subgraph_runs = 1'000'000;  // in one run of the model
};

// Thread-safe; immutable but for the cache of plans.
class CompiledProgram {
 public:
  // Prepares the model, plans its main subgraph, and decides whether it can be batched: by
  // analysis, confirmed by running two rows at once and one by one on the same made-up data.
  static absl::StatusOr<std::shared_ptr<const CompiledProgram>> Compile(
      std::shared_ptr<const Model> model, const RuntimeOptions& options);

  const Program& program() const { return *program_; }
  const Graph& main() const { return program_->main(); }
  const Plan& one_row() const { return *one_row_; }
  ThreadPool* pool() const { return options_.pool.get(); }
  const RuntimeOptions& options() const { return options_; }

  bool batchable() const { return not_batchable_.empty(); }
  const std::string& not_batchable_reason() const { return not_batchable_; }

  // The main subgraph's plan for `rows` rows, from the cache or new. InvalidArgument where the
  // model does not take that number, ResourceExhausted where its arena would be too large.
  absl::StatusOr<std::shared_ptr<const Plan>> PlanFor(int rows) const;

  // A new plan of any subgraph.
  absl::StatusOr<std::shared_ptr<const Plan>> NewPlan(const Graph& graph,
                                                      std::vector<Shape> input_shapes) const;

 private:
  CompiledProgram(std::unique_ptr<const Program> program, const RuntimeOptions& options)
      : program_(std::move(program)), options_(options) {}
  PlanOptions plan_options() const;
  absl::Status CheckRows() const;

  const std::unique_ptr<const Program> program_;
  const RuntimeOptions options_;
  std::shared_ptr<const Plan> one_row_;
  std::string not_batchable_;
  mutable absl::Mutex mutex_;
  mutable std::map<int, std::shared_ptr<const Plan>> plans_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_COMPILED_PROGRAM_H_
