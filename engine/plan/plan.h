// Shapes and memory of a model at one number of rows.
#ifndef OCTET_ENGINE_PLAN_PLAN_H_
#define OCTET_ENGINE_PLAN_PLAN_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/plan/graph.h"

namespace octet {

// Immutable. Everything that the graph's steps need for one run, but the memory itself.
struct Plan {
  static constexpr size_t kNotInArena = SIZE_MAX;

  int rows = 1;
  std::vector<Shape> shapes;            // of each tensor of the graph
  std::vector<size_t> offsets;          // of each tensor in the arena, or kNotInArena
  std::vector<size_t> scratch_offsets;  // of each step
  size_t arena_bytes = 0;
};

struct PlanOptions {
  int rows = 1;     // the size of dimension 0 of every input; 1 keeps the exported shapes
  int threads = 1;  // that the steps' scratch has to serve
  size_t max_arena_bytes = 0;
};

// Infers all shapes and lays out the arena. Errors: InvalidArgument where shapes do not fit an
// operator (named), ResourceExhausted past max_arena_bytes.
absl::StatusOr<Plan> BuildPlan(const Graph& graph, const PlanOptions& options);

// OK where the model's first dimensions are its batch and no row can influence another, by analysis
// of every step; else why not. `one` is the plan for one row, `two` the plan for two, or the reason
// why there is none.
absl::Status CheckBatchable(const Graph& graph, const Plan& one, const absl::StatusOr<Plan>& two);

}  // namespace octet

#endif  // OCTET_ENGINE_PLAN_PLAN_H_
