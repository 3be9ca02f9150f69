// An operator that maps pairs of elements of two tensors, which may repeat along dimensions of
// size 1.
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_BINARY_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_BINARY_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "absl/functional/function_ref.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/elementwise_8.h"
#include "engine/ops/core/op.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/elementwise/broadcast.h"

namespace octet::ops {

// Shapes and row independence of every such operator.
class BroadcastOp : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(Shape shape, BroadcastShape(inputs[0], inputs[1]));
    return Shapes{std::move(shape)};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    return CheckBroadcastRowsApart(inputs, has_rows);
  }

 protected:
  static void ForEachRun(const RunContext& context,
                         absl::FunctionRef<void(const BroadcastRun&)> body) {
    ForEachBroadcastRun(context.pool, context.input_shapes[0], context.input_shapes[1],
                        context.output_shapes[0], body);
  }
};

// Function: Out operator()(A, B) const, or Out operator()(A, B, int64_t) const where the answer
// depends on the element's place in the output.
template <typename A, typename B, typename Out, typename Function>
class Binary : public BroadcastOp {
 public:
  explicit Binary(Function function) : function_(std::move(function)) {}

  bool MapsElements() const override { return !kSeesPlace; }
  uint32_t InPlaceInputs() const override {
    return (sizeof(A) == sizeof(Out) ? 0b01 : 0) | (sizeof(B) == sizeof(Out) ? 0b10 : 0);
  }

  absl::Status Run(const RunContext& context) const override {
    const auto* a = context.in<A>(0);
    const auto* b = context.in<B>(1);
    auto* out = context.out<Out>(0);
    ForEachRun(context, [&](const BroadcastRun& r) {
      if (r.a_step == 1 && r.b_step == 1) {
        for (int64_t i = 0; i < r.count; ++i) {
          out[r.out + i] = Call(a[r.a + i], b[r.b + i], r.out + i);
        }
        return;
      }
      for (int64_t i = 0; i < r.count; ++i) {
        out[r.out + i] = Call(a[r.a + i * r.a_step], b[r.b + i * r.b_step], r.out + i);
      }
    });
    return absl::OkStatus();
  }

 private:
  static constexpr bool kSeesPlace = std::is_invocable_v<Function, A, B, int64_t>;

  Out Call(A a, B b, int64_t at) const {
    if constexpr (kSeesPlace) {
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

// An operator on 8-bit codes that a kernel computes, with its parameters.
template <typename Args>
class BinaryCodes final : public BroadcastOp {
 public:
  using Kernel = void (*)(const Args*, const kernels::BinaryRun8*);
  BinaryCodes(const Args& args, Kernel kernel) : args_(args), kernel_(kernel) {}

  bool MapsElements() const override { return true; }
  uint32_t InPlaceInputs() const override { return 0b11; }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    const BroadcastRuns runs(inputs[0], inputs[1], *BroadcastShape(inputs[0], inputs[1]));
    return CopiesOfShortRuns(runs) > 1 ? threads * kShortRunsBytes : 0;
  }

  absl::Status Run(const RunContext& context) const override {
    const BroadcastRuns runs(context.input_shapes[0], context.input_shapes[1],
                             context.output_shapes[0]);
    if (const int64_t copies = CopiesOfShortRuns(runs); copies > 1) {
      RunShortRuns(context, runs, copies);
      return absl::OkStatus();
    }
    const auto* a = context.in<uint8_t>(0);
    const auto* b = context.in<uint8_t>(1);
    auto* out = context.out<uint8_t>(0);
    ForEachRun(context, [&](const BroadcastRun& r) {
      const kernels::BinaryRun8 run = {a + r.a,
                                       b + r.b,
                                       out + r.out,
                                       r.count,
                                       static_cast<int32_t>(r.a_step),
                                       static_cast<int32_t>(r.b_step)};
      kernel_(&args_, &run);
    });
    return absl::OkStatus();
  }

 private:
  // Short runs, of a code for each channel, cost more in calls than in work: the operand that
  // returns is copied side by side for as many runs as fit here.
  static constexpr int64_t kShortRunsBytes = 4096;
  static int64_t CopiesOfShortRuns(const BroadcastRuns& runs) {
    return std::min(runs.repeats(), kShortRunsBytes / std::max<int64_t>(runs.count(), 1));
  }

  void RunShortRuns(const RunContext& context, const BroadcastRuns& runs, int64_t copies) const {
    const int64_t parts = BroadcastParts(context.pool, runs.size() * runs.count());
    const auto* returning = context.in<uint8_t>(runs.a_returns() ? 0 : 1);
    const auto* going = context.in<uint8_t>(runs.a_returns() ? 1 : 0);
    ForEachPart(context.pool, parts, [&](int64_t part) {
      auto* side_by_side = reinterpret_cast<uint8_t*>(context.scratch + part * kShortRunsBytes);
      const Range share = Share(runs.size(), 1, part, parts);
      int64_t done = 0;
      for (int64_t i = share.begin; i < share.end; i += done) {
        const int64_t left = std::min(share.end - i, runs.repeats() - i % runs.repeats());
        const BroadcastRun at = runs.At(i);
        if (i == share.begin || i % runs.repeats() == 0) {
          const uint8_t* row = returning + (runs.a_returns() ? at.a : at.b);
          for (int64_t c = 0; c < std::min(copies, left); ++c) {
            std::memcpy(side_by_side + c * at.count, row, at.count);
          }
        }
        done = std::min(copies, left);
        const uint8_t* others = going + (runs.a_returns() ? at.b : at.a);
        const kernels::BinaryRun8 run = {runs.a_returns() ? side_by_side : others,
                                         runs.a_returns() ? others : side_by_side,
                                         context.out<uint8_t>(0) + at.out,
                                         done * at.count,
                                         1,
                                         1};
        kernel_(&args_, &run);
      }
    });
  }

  const Args args_;
  const Kernel kernel_;
};

template <typename Args>
std::unique_ptr<const Op> MakeBinaryCodes(const Args& args,
                                          typename BinaryCodes<Args>::Kernel kernel) {
  return std::make_unique<BinaryCodes<Args>>(args, kernel);
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_BINARY_H_
