// CALL_ONCE: a subgraph that gives variables their first values.
#include "engine/base/status_macros.h"
#include "engine/ops/control/rows.h"
#include "engine/ops/control/subgraph_call.h"

namespace octet::ops {
namespace {

// Of a subgraph that has no outputs.
class NoOutputs final : public OutputAllocator {
 public:
  absl::StatusOr<void*> Allocate(int, const Shape&) override {
    return absl::InternalError("a subgraph without outputs gives one");
  }
};

class CallOnce final : public Op {
 public:
  explicit CallOnce(int32_t subgraph) : subgraph_(subgraph) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape>) const override { return Shapes(); }

  bool HasSideEffects() const override { return true; }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("it gives variables their first values");
  }

  // Once for as long as the state lives. A call that fails is made again by the next run.
  absl::Status Run(const RunContext& context) const override {
    // In a model without state the subgraph could leave nothing behind.
    if (context.variables == nullptr || context.variables->IsInitialized(subgraph_)) {
      return absl::OkStatus();
    }
    NoOutputs outputs;
    OCTET_RETURN_IF_ERROR(context.subgraphs->Run(subgraph_, {}, outputs));
    context.variables->SetInitialized(subgraph_);
    return absl::OkStatus();
  }

 private:
  const int32_t subgraph_;
};

PreparedOp PrepareCallOnce(const PrepareContext& context) {
  const auto options = context.options<CallOnceOptions>();
  OCTET_RETURN_IF_ERROR(FindCallee(context, "first call", options.init_subgraph, {}, {}).status());
  return std::make_unique<const CallOnce>(options.init_subgraph);
}

}  // namespace

OpRowList CallOnceRows() { return {{BuiltinOp::kCallOnce, 1, 1, {}, {}, PrepareCallOnce}}; }

}  // namespace octet::ops
