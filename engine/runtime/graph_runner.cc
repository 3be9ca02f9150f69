#include "engine/runtime/graph_runner.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {

absl::Status GraphRunner::SetPlan(std::shared_ptr<const Plan> plan) {
  OCTET_RETURN_IF_ERROR(arena_.Reserve(plan->arena_bytes));
  plan_ = std::move(plan);
  while (dynamic_.size() < graph_.tensors.size()) {
    dynamic_.emplace_back(environment_.subgraphs->memory());
  }
  Bind();
  return absl::OkStatus();
}

void GraphRunner::SetState(State* state) {
  state_ = state;
  if (plan_ != nullptr) Bind();
}

const void* GraphRunner::Address(int32_t tensor) const {
  const TensorDef& def = graph_.tensors[tensor];
  if (def.is_constant) return def.data.data();
  if (def.is_variable) return state_ == nullptr ? nullptr : state_->Tensor(subgraph_, tensor);
  if (plan_->known[tensor] != nullptr) return plan_->known[tensor];
  if (dynamic_[tensor].found) return dynamic_[tensor].buffer.data();
  return arena_.data() + plan_->offsets[tensor];
}

const Shape& GraphRunner::ShapeOf(int32_t tensor) const {
  return dynamic_[tensor].found ? dynamic_[tensor].shape : plan_->shapes[tensor];
}

absl::Span<std::byte> GraphRunner::input(int i) {
  const int32_t tensor = graph_.inputs[i];
  const size_t size =
      plan_->shapes[tensor].num_elements() * DataTypeSize(graph_.tensors[tensor].type);
  return {arena_.data() + plan_->offsets[tensor], size};
}

ops::TensorView GraphRunner::output(int i) const {
  const int32_t tensor = graph_.outputs[i];
  return {Address(tensor), ShapeOf(tensor)};
}

void GraphRunner::Bind() {
  steps_.clear();
  for (DynamicTensor& tensor : dynamic_) tensor.found = false;
  for (size_t s = 0; s < plan_->steps.size(); ++s) {
    const GraphStep& step = graph_.steps[plan_->steps[s]];
    BoundStep bound;
    bound.step = &step;
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

ops::RunContext GraphRunner::ContextFor(const BoundStep& bound) const {
  ops::RunContext context;
  context.inputs = bound.inputs;
  context.outputs = bound.outputs;
  context.input_shapes = bound.input_shapes;
  context.output_shapes = bound.output_shapes;
  context.scratch = bound.scratch;
  context.pool = environment_.pool;
  context.subgraphs = environment_.subgraphs;
  context.variables = state_;
  return context;
}

void GraphRunner::BeginStep(const GraphStep& step) const {
  if (environment_.observer != nullptr) environment_.observer->StepBegins(step);
}

void GraphRunner::EndStep(const BoundStep& bound) const {
  if (environment_.observer == nullptr) return;
  environment_.observer->StepEnds(*bound.step, bound.input_shapes, bound.output_shapes);
}

absl::Status GraphRunner::Run() {
  for (const BoundStep& bound : steps_) {
    BeginStep(*bound.step);
    OCTET_RETURN_IF_ERROR(InStep(*bound.step, bound.step->op->Run(ContextFor(bound))));
    EndStep(bound);
  }
  for (size_t s = plan_->first_dynamic; s < graph_.steps.size(); ++s) {
    OCTET_RETURN_IF_ERROR(InStep(graph_.steps[s], RunDynamic(graph_.steps[s])));
  }
  return absl::OkStatus();
}

// Memory for the outputs of one step.
class GraphRunner::StepAllocator final : public ops::OutputAllocator {
 public:
  StepAllocator(GraphRunner& runner, const GraphStep& step) : runner_(runner), step_(step) {}
  absl::StatusOr<void*> Allocate(int i, const Shape& shape) override {
    return runner_.AllocateDynamic(step_.outputs[i], shape);
  }

 private:
  GraphRunner& runner_;
  const GraphStep& step_;
};

absl::StatusOr<void*> GraphRunner::AllocateDynamic(int32_t tensor, const Shape& shape) {
  DynamicTensor& dynamic = dynamic_[tensor];
  const absl::Status reserved = dynamic.buffer.Reserve(
      shape.num_elements() * DataTypeSize(graph_.tensors[tensor].type) + ops::kInputOverReadBytes);
  if (!reserved.ok()) {
    return absl::ResourceExhaustedError(absl::StrCat("'", graph_.tensors[tensor].name,
                                                     "' of shape ", shape.ToString(), ": ",
                                                     reserved.message()));
  }
  dynamic.found = true;
  dynamic.shape = shape;
  return dynamic.buffer.data();
}

absl::Status GraphRunner::RunDynamic(const GraphStep& step) {
  BoundStep bound;
  bound.step = &step;
  for (int32_t t : step.inputs) {
    bound.inputs.push_back(t == kAbsentTensor ? nullptr : Address(t));
    bound.input_shapes.push_back(t == kAbsentTensor ? Shape() : ShapeOf(t));
  }
  BeginStep(step);
  if (step.op->shape_source() == ops::ShapeSource::kRun) {
    StepAllocator allocator(*this, step);
    OCTET_RETURN_IF_ERROR(step.op->RunAllocating(ContextFor(bound), allocator));
    for (int32_t t : step.outputs) bound.output_shapes.push_back(ShapeOf(t));
    EndStep(bound);
    return absl::OkStatus();
  }
  OCTET_ASSIGN_OR_RETURN(const ops::Shapes outputs,
                         InferShapes(*step.op, bound.input_shapes, bound.inputs));
  for (size_t i = 0; i < outputs.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(void* memory, AllocateDynamic(step.outputs[i], outputs[i]));
    bound.outputs.push_back(memory);
    bound.output_shapes.push_back(outputs[i]);
  }
  const int threads = environment_.pool == nullptr ? 1 : environment_.pool->threads();
  OCTET_RETURN_IF_ERROR(
      dynamic_scratch_.Reserve(step.op->ScratchBytes(bound.input_shapes, threads)));
  bound.scratch = dynamic_scratch_.data();
  OCTET_RETURN_IF_ERROR(step.op->Run(ContextFor(bound)));
  EndStep(bound);
  return absl::OkStatus();
}

}  // namespace octet
