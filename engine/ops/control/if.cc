// IF: one of two subgraphs, by a condition.
#include "engine/base/status_macros.h"
#include "engine/ops/control/rows.h"
#include "engine/ops/control/subgraph_call.h"

namespace octet::ops {
namespace {

class If final : public Op {
 public:
  If(int32_t then_subgraph, int32_t else_subgraph, bool has_side_effects)
      : then_(then_subgraph), else_(else_subgraph), has_side_effects_(has_side_effects) {}

  // The two subgraphs may give different shapes.
  ShapeSource shape_source() const override { return ShapeSource::kRun; }

  bool HasSideEffects() const override { return has_side_effects_; }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("one condition decides for all rows");
  }

  absl::Status RunAllocating(const RunContext& context, OutputAllocator& outputs) const override {
    OCTET_RETURN_IF_ERROR(CheckCondition(context.input_shapes[0]));
    return context.subgraphs->Run(Holds(context.inputs[0]) ? then_ : else_, Arguments(context, 1),
                                  outputs);
  }

 private:
  const int32_t then_;
  const int32_t else_;
  const bool has_side_effects_;
};

PreparedOp PrepareIf(const PrepareContext& context) {
  const auto options = context.options<IfOptions>();
  OCTET_RETURN_IF_ERROR(CheckCondition(context.input(0)->shape));
  const auto arguments = absl::MakeConstSpan(context.op->inputs).subspan(1);
  OCTET_ASSIGN_OR_RETURN(
      const Callee* then_callee,
      FindCallee(context, "then branch", options.then_subgraph, arguments, context.op->outputs));
  OCTET_ASSIGN_OR_RETURN(
      const Callee* else_callee,
      FindCallee(context, "else branch", options.else_subgraph, arguments, context.op->outputs));
  return std::make_unique<const If>(options.then_subgraph, options.else_subgraph,
                                    then_callee->has_side_effects || else_callee->has_side_effects);
}

}  // namespace

OpRowList IfRows() {
  return {{BuiltinOp::kIf, 1, 1, {{DataType::kBool}, kAnyOrNone}, {kAnyOrNone}, PrepareIf}};
}

}  // namespace octet::ops
