// An operator that maps pairs of elements of two tensors, which may repeat along dimensions of
// size 1.
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_BINARY_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_BINARY_H_

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/ops/core/op.h"
#include "engine/ops/elementwise/broadcast.h"

namespace octet::ops {

// Function: Out operator()(A, B) const, or Out operator()(A, B, int64_t) const where the answer
// depends on the element's place in the output.
template <typename A, typename B, typename Out, typename Function>
class Binary : public Op {
 public:
  explicit Binary(Function function) : function_(std::move(function)) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(Shape shape, BroadcastShape(inputs[0], inputs[1]));
    return Shapes{std::move(shape)};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    return CheckBroadcastRowsApart(inputs, has_rows);
  }

  absl::Status Run(const RunContext& context) const override {
    const auto* a = context.in<A>(0);
    const auto* b = context.in<B>(1);
    auto* out = context.out<Out>(0);
    ForEachBroadcastRun(
        context.input_shapes[0], context.input_shapes[1], context.output_shapes[0],
        [&](int64_t at_a, int64_t at_b, int64_t at, int64_t step_a, int64_t step_b, int64_t count) {
          if (step_a == 1 && step_b == 1) {
            for (int64_t i = 0; i < count; ++i)
              out[at + i] = Call(a[at_a + i], b[at_b + i], at + i);
            return;
          }
          for (int64_t i = 0; i < count; ++i) {
            out[at + i] = Call(a[at_a + i * step_a], b[at_b + i * step_b], at + i);
          }
        });
    return absl::OkStatus();
  }

 private:
  Out Call(A a, B b, int64_t at) const {
    if constexpr (std::is_invocable_v<Function, A, B, int64_t>) {
      return function_(a, b, at);
    } else {
      return function_(a, b);
    }
  }

  const Function function_;
};

template <typename A, typename B, typename Out, typename Function>
std::unique_ptr<const Op> MakeBinary(Function function) {
  return std::make_unique<Binary<A, B, Out, Function>>(std::move(function));
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_BINARY_H_
