// A graph with its plans: one for each number of rows that was met.
#ifndef OCTET_ENGINE_RUNTIME_COMPILED_GRAPH_H_
#define OCTET_ENGINE_RUNTIME_COMPILED_GRAPH_H_

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
};

// Thread-safe; immutable but for the cache of plans.
class CompiledGraph {
 public:
  // Prepares and plans the model, and decides whether it can be batched: by analysis, confirmed by
  // running two rows at once and one by one on the same made-up data.
  static absl::StatusOr<std::shared_ptr<const CompiledGraph>> Compile(
      std::shared_ptr<const Model> model, const RuntimeOptions& options);

  const Graph& graph() const { return *graph_; }
  const Plan& one_row() const { return *one_row_; }
  ThreadPool* pool() const { return options_.pool.get(); }
  const RuntimeOptions& options() const { return options_; }

  bool batchable() const { return not_batchable_.empty(); }
  const std::string& not_batchable_reason() const { return not_batchable_; }

  // The plan for `rows` rows, from the cache or new. InvalidArgument where the model does not take
  // that number, ResourceExhausted where its arena would be too large.
  absl::StatusOr<std::shared_ptr<const Plan>> PlanFor(int rows) const;

 private:
  CompiledGraph(std::unique_ptr<const Graph> graph, const RuntimeOptions& options)
      : graph_(std::move(graph)), options_(options) {}
  absl::StatusOr<Plan> NewPlan(int rows) const;

  const std::unique_ptr<const Graph> graph_;
  const RuntimeOptions options_;
  std::shared_ptr<const Plan> one_row_;
  std::string not_batchable_;
  mutable absl::Mutex mutex_;
  mutable std::map<int, std::shared_ptr<const Plan>> plans_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_COMPILED_GRAPH_H_
