// Shapes and memory of a graph for one set of input shapes.
#ifndef OCTET_ENGINE_PLAN_PLAN_H_
#define OCTET_ENGINE_PLAN_PLAN_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/aligned_buffer.h"
#include "engine/plan/graph.h"

namespace octet {

// Immutable. Everything that the graph's steps need for one run, but the memory itself.
//
// Shapes that depend on data end the part that is planned ahead: from step `first_dynamic` on, the
// runtime finds shapes and memory while it runs.
struct Plan {
  static constexpr size_t kNotInArena = SIZE_MAX;

  std::vector<Shape> input_shapes;
  std::vector<Shape> shapes;            // of each tensor of the graph that is known ahead
  std::vector<size_t> offsets;          // of each tensor in the arena, or kNotInArena
  std::vector<int32_t> steps;           // planned steps to run, in order
  std::vector<size_t> scratch_offsets;  // of each of `steps`
  size_t arena_bytes = 0;
  int32_t first_dynamic = 0;  // number of the graph's steps where nothing depends on data
  // Values that follow from the shapes, by tensor; null where there is none.
  std::vector<const std::byte*> known;
  std::vector<AlignedBuffer> known_storage;

  bool is_static(const Graph& graph) const {
    return first_dynamic == static_cast<int32_t>(graph.steps.size());
  }
  // Whether a tensor comes from a step whose shapes are found while running.
  bool ShapeVaries(const Graph& graph, int32_t tensor) const;
};

struct PlanOptions {
  int threads = 1;  // that the steps' scratch has to serve
  size_t max_arena_bytes = 0;
};

// The exported input shapes, with dimension 0 set to `rows` where that is not 1. FailedPrecondition
// for a scalar.
absl::StatusOr<std::vector<Shape>> InputShapesFor(const Graph& graph, int rows);

// Infers shapes and lays out the arena. Errors: InvalidArgument where shapes do not fit an operator
// (named), ResourceExhausted past max_arena_bytes.
absl::StatusOr<Plan> BuildPlan(const Graph& graph, std::vector<Shape> input_shapes,
                               const PlanOptions& options);

// OK where the graph's first dimensions are its batch and no row can influence another, by analysis
// of every step; else why not. `one` is the plan for one row, `two` the plan for two, or the reason
// why there is none.
absl::Status CheckBatchable(const Graph& graph, const Plan& one, const absl::StatusOr<Plan>& two);

}  // namespace octet

#endif  // OCTET_ENGINE_PLAN_PLAN_H_
