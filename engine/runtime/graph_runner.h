// Runs one subgraph in memory of its own.
#ifndef OCTET_ENGINE_RUNTIME_GRAPH_RUNNER_H_
#define OCTET_ENGINE_RUNTIME_GRAPH_RUNNER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/memory_budget.h"
#include "engine/ops/core/environment.h"
#include "engine/plan/plan.h"
#include "engine/runtime/state.h"
#include "engine/runtime/step_observer.h"

namespace octet {

// What runs share with their surroundings. All outlive the runner.
struct RunEnvironment {
  ThreadPool* pool = nullptr;  // null: one thread
  ops::SubgraphRunner* subgraphs = nullptr;
  StepObserver* observer = nullptr;  // null: nobody watches
};

// Not thread-safe: one per worker. The graph outlives it.
//
// Steps of the plan run in its arena. From the first step whose shapes depend on data on, each
// tensor has a buffer that grows as runs demand it.
class GraphRunner {
 public:
  GraphRunner(const Graph& graph, int32_t subgraph, const RunEnvironment& environment)
      : graph_(graph),
        subgraph_(subgraph),
        environment_(environment),
        arena_(environment.subgraphs->memory()),
        dynamic_scratch_(environment.subgraphs->memory()) {}
  GraphRunner(const GraphRunner&) = delete;
  GraphRunner& operator=(const GraphRunner&) = delete;

  // Lays out memory for a plan; must succeed once before anything else. Keeps the largest arena
  // met. ResourceExhausted where memory can't be had.
  absl::Status SetPlan(std::shared_ptr<const Plan> plan);
  const Plan* plan() const { return plan_.get(); }

  // Where variable tensors and variables live; before the first Run of a graph with state.
  void SetState(State* state);

  absl::Span<std::byte> input(int i);
  // Of the last Run; data and shape.
  ops::TensorView output(int i) const;

  // Runs every step, in order. Allocates nothing itself where no shape depends on data.
  absl::Status Run();

 private:
  // One planned step with its pointers and shapes in place.
  struct BoundStep {
    const GraphStep* step = nullptr;
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    std::vector<Shape> input_shapes;
    std::vector<Shape> output_shapes;
    std::byte* scratch = nullptr;
  };
  // A tensor that was found while running.
  struct DynamicTensor {
    explicit DynamicTensor(MemoryBudget& budget) : buffer(budget) {}
    bool found = false;
    Shape shape;
    BudgetedBuffer buffer;
  };
  class StepAllocator;

  const void* Address(int32_t tensor) const;
  const Shape& ShapeOf(int32_t tensor) const;
  void Bind();
  ops::RunContext ContextFor(const BoundStep& bound) const;
  void BeginStep(const GraphStep& step) const;
  void EndStep(const BoundStep& bound) const;
  absl::Status RunDynamic(const GraphStep& step);
  absl::StatusOr<void*> AllocateDynamic(int32_t tensor, const Shape& shape);

  const Graph& graph_;
  const int32_t subgraph_;
  const RunEnvironment environment_;
  State* state_ = nullptr;
  std::shared_ptr<const Plan> plan_;
  BudgetedBuffer arena_;
  std::vector<BoundStep> steps_;
  std::vector<DynamicTensor> dynamic_;
  BudgetedBuffer dynamic_scratch_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_GRAPH_RUNNER_H_
