// Runs a compiled graph in memory of its own.
#ifndef OCTET_ENGINE_RUNTIME_GRAPH_RUNNER_H_
#define OCTET_ENGINE_RUNTIME_GRAPH_RUNNER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/aligned_buffer.h"
#include "engine/runtime/compiled_graph.h"

namespace octet {

// Not thread-safe: one per worker. The compiled graph outlives it.
class GraphRunner {
 public:
  explicit GraphRunner(const CompiledGraph& compiled) : compiled_(compiled) {}
  GraphRunner(const GraphRunner&) = delete;
  GraphRunner& operator=(const GraphRunner&) = delete;

  // Lays out memory for `rows` rows; must succeed once before anything else. Keeps the largest
  // arena met. Errors as CompiledGraph::PlanFor, and ResourceExhausted where memory can't be had.
  absl::Status SetRows(int rows);
  int rows() const { return plan_ == nullptr ? 0 : plan_->rows; }

  absl::Span<std::byte> input(int i) { return Bytes(compiled_.graph().inputs[i]); }
  absl::Span<const std::byte> output(int i) const;
  const Shape& input_shape(int i) const { return plan_->shapes[compiled_.graph().inputs[i]]; }
  const Shape& output_shape(int i) const { return plan_->shapes[compiled_.graph().outputs[i]]; }

  // Runs every step, in order. Allocates nothing itself.
  absl::Status Run();

 private:
  // One step with its pointers and shapes in place.
  struct BoundStep {
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    std::vector<Shape> input_shapes;
    std::vector<Shape> output_shapes;
    std::byte* scratch = nullptr;
  };

  absl::Span<std::byte> Bytes(int32_t tensor);
  const void* Address(int32_t tensor) const;
  void Bind();

  const CompiledGraph& compiled_;
  std::shared_ptr<const Plan> plan_;
  AlignedBuffer arena_;
  std::vector<BoundStep> steps_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_GRAPH_RUNNER_H_
