#include "engine/runtime/graph_runner.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {

absl::Status GraphRunner::SetRows(int rows) {
  if (plan_ != nullptr && plan_->rows == rows) return absl::OkStatus();
  OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const Plan> plan, compiled_.PlanFor(rows));
  if (plan->arena_bytes > arena_.size()) {
    AlignedBuffer arena(plan->arena_bytes);
    if (!arena.ok()) {
      return absl::ResourceExhaustedError(
          absl::StrCat("no memory for an arena of ", plan->arena_bytes, " bytes"));
    }
    arena_ = std::move(arena);
  }
  plan_ = std::move(plan);
  Bind();
  return absl::OkStatus();
}

const void* GraphRunner::Address(int32_t tensor) const {
  const size_t offset = plan_->offsets[tensor];
  if (offset == Plan::kNotInArena) return compiled_.graph().tensors[tensor].data.data();
  return arena_.data() + offset;
}

absl::Span<std::byte> GraphRunner::Bytes(int32_t tensor) {
  const Graph& graph = compiled_.graph();
  const size_t size =
      plan_->shapes[tensor].num_elements() * DataTypeSize(graph.tensors[tensor].type);
  return {arena_.data() + plan_->offsets[tensor], size};
}

absl::Span<const std::byte> GraphRunner::output(int i) const {
  const Graph& graph = compiled_.graph();
  const int32_t tensor = graph.outputs[i];
  const size_t size =
      plan_->shapes[tensor].num_elements() * DataTypeSize(graph.tensors[tensor].type);
  return {static_cast<const std::byte*>(Address(tensor)), size};
}

void GraphRunner::Bind() {
  const Graph& graph = compiled_.graph();
  steps_.clear();
  for (size_t s = 0; s < graph.steps.size(); ++s) {
    const GraphStep& step = graph.steps[s];
    BoundStep bound;
    for (int32_t t : step.inputs) {
      bound.inputs.push_back(t == kAbsentTensor ? nullptr : Address(t));
      bound.input_shapes.push_back(t == kAbsentTensor ? Shape() : plan_->shapes[t]);
    }
    for (int32_t t : step.outputs) {
      bound.outputs.push_back(arena_.data() + plan_->offsets[t]);
      bound.output_shapes.push_back(plan_->shapes[t]);
    }
    bound.scratch = arena_.data() + plan_->scratch_offsets[s];
    steps_.push_back(std::move(bound));
  }
}

absl::Status GraphRunner::Run() {
  const Graph& graph = compiled_.graph();
  for (size_t s = 0; s < steps_.size(); ++s) {
    const BoundStep& bound = steps_[s];
    ops::RunContext context;
    context.inputs = bound.inputs;
    context.outputs = bound.outputs;
    context.input_shapes = bound.input_shapes;
    context.output_shapes = bound.output_shapes;
    context.scratch = bound.scratch;
    context.pool = compiled_.pool();
    OCTET_RETURN_IF_ERROR(graph.steps[s].op->Run(context));
  }
  return absl::OkStatus();
}

}  // namespace octet
