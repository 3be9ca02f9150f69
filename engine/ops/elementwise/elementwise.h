// An operator that maps each element of one tensor by itself.
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_ELEMENTWISE_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_ELEMENTWISE_H_

#include <algorithm>

#include "engine/ops/core/op.h"
#include "engine/ops/core/parallel.h"

namespace octet::ops {

// Function: Out operator()(In) const.
template <typename In, typename Out, typename Function>
class Elementwise final : public Op {
 public:
  explicit Elementwise(Function function) : function_(std::move(function)) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Shapes{inputs[0]};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::OkStatus();
  }

  bool MapsElements() const override { return true; }
  uint32_t InPlaceInputs() const override { return sizeof(In) == sizeof(Out) ? 0b1 : 0; }

  absl::Status Run(const RunContext& context) const override {
    constexpr int64_t kMinElementsPerThread = 16 * 1024;
    const int64_t count = context.input_shapes[0].num_elements();
    const auto* in = context.in<In>(0);
    auto* out = context.out<Out>(0);
    const int64_t parts = std::clamp<int64_t>(count / kMinElementsPerThread, 1, context.threads());
    ForEachPart(context.pool, parts, [&](int64_t part) {
      const Range range = Share(count, 64, part, parts);
      for (int64_t i = range.begin; i < range.end; ++i) out[i] = function_(in[i]);
    });
    return absl::OkStatus();
  }

 private:
  const Function function_;
};

template <typename In, typename Out, typename Function>
std::unique_ptr<const Op> MakeElementwise(Function function) {
  return std::make_unique<Elementwise<In, Out, Function>>(std::move(function));
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_ELEMENTWISE_H_
