// WHILE: a subgraph again and again, on its own results, as long as another one says so.
#include <array>
#include <cstring>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/ops/control/rows.h"
#include "engine/ops/control/subgraph_call.h"

namespace octet::ops {
namespace {

// The values of one iteration.
class LoopValues final : public OutputAllocator {
 public:
  LoopValues(const std::vector<size_t>& element_bytes, MemoryBudget& memory)
      : element_bytes_(&element_bytes), views_(element_bytes.size()) {
    for (size_t i = 0; i < element_bytes.size(); ++i) buffers_.emplace_back(memory);
  }

  absl::StatusOr<void*> Allocate(int i, const Shape& shape) override {
    OCTET_RETURN_IF_ERROR(buffers_[i].Reserve(shape.num_elements() * (*element_bytes_)[i]));
    views_[i] = {buffers_[i].data(), shape};
    return buffers_[i].data();
  }

  absl::Span<const TensorView> views() const { return views_; }

 private:
  const std::vector<size_t>* element_bytes_;
  std::vector<BudgetedBuffer> buffers_;
  std::vector<TensorView> views_;
};

// Room for a condition of one value.
class ConditionValue final : public OutputAllocator {
 public:
  absl::StatusOr<void*> Allocate(int, const Shape& shape) override {
    OCTET_RETURN_IF_ERROR(CheckCondition(shape));
    return value_.data();
  }
  bool holds() const { return Holds(value_.data()); }

 private:
  alignas(kBufferAlignment) std::array<std::byte, 1> value_{};
};

class While final : public Op {
 public:
  While(int32_t condition, int32_t body, bool has_side_effects, std::vector<size_t> element_bytes)
      : condition_(condition),
        body_(body),
        has_side_effects_(has_side_effects),
        element_bytes_(std::move(element_bytes)) {}

  // Shapes may change from iteration to iteration.
  ShapeSource shape_source() const override { return ShapeSource::kRun; }

  bool HasSideEffects() const override { return has_side_effects_; }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("one condition decides for all rows");
  }

  absl::Status RunAllocating(const RunContext& context, OutputAllocator& outputs) const override {
    LoopValues current(element_bytes_, context.subgraphs->memory());
    LoopValues next(element_bytes_, context.subgraphs->memory());
    std::vector<TensorView> values = Arguments(context, 0);
    for (;;) {
      ConditionValue condition;
      OCTET_RETURN_IF_ERROR(context.subgraphs->Run(condition_, values, condition));
      if (!condition.holds()) break;
      OCTET_RETURN_IF_ERROR(context.subgraphs->Run(body_, values, next));
      std::swap(current, next);
      values.assign(current.views().begin(), current.views().end());
    }
    return CopyOut(values, outputs);
  }

 private:
  absl::Status CopyOut(absl::Span<const TensorView> values, OutputAllocator& outputs) const {
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t bytes = values[i].shape.num_elements() * element_bytes_[i];
      OCTET_ASSIGN_OR_RETURN(void* to, outputs.Allocate(static_cast<int>(i), values[i].shape));
      if (bytes > 0) std::memcpy(to, values[i].data, bytes);
    }
    return absl::OkStatus();
  }

  const int32_t condition_;
  const int32_t body_;
  const bool has_side_effects_;
  const std::vector<size_t> element_bytes_;
};

PreparedOp PrepareWhile(const PrepareContext& context) {
  const auto options = context.options<WhileOptions>();
  const OperatorDef& op = *context.op;
  OCTET_ASSIGN_OR_RETURN(const Callee* condition,
                         FindCondition(context, options.cond_subgraph, op.inputs));
  // The body takes what it gives, since it runs on its own results.
  OCTET_RETURN_IF_ERROR(
      FindCallee(context, "body", options.body_subgraph, op.inputs, op.inputs).status());
  OCTET_ASSIGN_OR_RETURN(const Callee* body,
                         FindCallee(context, "body", options.body_subgraph, op.inputs, op.outputs));
  std::vector<size_t> element_bytes;
  for (int32_t t : op.outputs) element_bytes.push_back(DataTypeSize(context.tensors[t].type));
  return std::make_unique<const While>(options.cond_subgraph, options.body_subgraph,
                                       condition->has_side_effects || body->has_side_effects,
                                       std::move(element_bytes));
}

}  // namespace

OpRowList WhileRows() {
  return {{BuiltinOp::kWhile, 1, 1, {kAnyTypes}, {kAnyTypes}, PrepareWhile}};
}

}  // namespace octet::ops
