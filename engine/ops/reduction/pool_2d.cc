// AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D. NUMERICS.md, "AVERAGE_POOL_2D, MAX_POOL_2D".
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/base/status_macros.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/reduction/rows.h"
#include "engine/ops/spatial/conv_common.h"

namespace octet::ops {
namespace {

template <typename T>
struct MaxCodes {
  using Value = T;
  using Sum = T;  // as narrow as codes are, so that vectors hold many
  static constexpr Sum kStart = std::numeric_limits<T>::min();
  static Sum Take(Sum sum, Value v) { return std::max(sum, v); }
  static Sum Finish(Sum sum, int32_t) { return sum; }
};

struct MaxF32 {
  using Value = float;
  using Sum = float;
  static constexpr Sum kStart = -std::numeric_limits<float>::infinity();
  static Sum Take(Sum sum, Value v) { return std::max(sum, v); }
  static Sum Finish(Sum sum, int32_t) { return sum; }
};

template <typename T>
struct AverageCodes {
  using Value = T;
  using Sum = std::conditional_t<sizeof(T) == 1, int32_t, int64_t>;
  static constexpr Sum kStart = 0;
  static Sum Take(Sum sum, Value v) { return sum + v; }
  // To nearest, ties away from zero, of the codes themselves.
  static Sum Finish(Sum sum, int32_t count) {
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
  }
};

struct AverageF32 {
  using Value = float;
  using Sum = float;
  static constexpr Sum kStart = 0;
  static Sum Take(Sum sum, Value v) { return sum + v; }
  static Sum Finish(Sum sum, int32_t count) { return sum / static_cast<float>(count); }
};

struct L2F32 {
  using Value = float;
  using Sum = float;
  static constexpr Sum kStart = 0;
  static Sum Take(Sum sum, Value v) { return sum + v * v; }
  static Sum Finish(Sum sum, int32_t count) { return std::sqrt(sum / static_cast<float>(count)); }
};

template <typename Kind>
class Pool2D final : public ConvOp {
 public:
  using Value = typename Kind::Value;
  using Sum = typename Kind::Sum;

  Pool2D(const ConvParams& params, Sum lo, Sum hi) : ConvOp(params), lo_(lo), hi_(hi) {}

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    const int64_t image_size = input.InnerElements(1);
    const auto* in = context.in<Value>(0);
    auto* out = context.out<Value>(0);
    ForEachPixelBlock(context.pool, input.dim(0), window.out_pixels(), window.w.out,
                      [&](int64_t, const PixelBlock& block) {
                        const auto oy = static_cast<int32_t>(block.begin / window.w.out);
                        const int64_t first = block.image * window.out_pixels() + block.begin;
                        for (int32_t ox = 0; ox < window.w.out; ++ox) {
                          RunPixel(window, in + block.image * image_size, oy, ox,
                                   out + (first + ox) * params_.out_channels);
                        }
                      });
    return absl::OkStatus();
  }

 private:
  void RunPixel(const Window& window, const Value* image, int32_t oy, int32_t ox,
                Value* out) const {
    const int32_t channels = params_.out_channels;
    const int32_t y0 = std::max(window.h.Begin(oy), 0);
    const int32_t y1 = std::min(window.h.Begin(oy) + window.h.kernel, window.h.in);
    const int32_t x0 = std::max(window.w.Begin(ox), 0);
    const int32_t x1 = std::min(window.w.Begin(ox) + window.w.kernel, window.w.in);
    const int32_t count = (y1 - y0) * (x1 - x0);
    constexpr int32_t kChunk = 64;
    Sum sums[kChunk];
    for (int32_t c0 = 0; c0 < channels; c0 += kChunk) {
      const int32_t n = std::min(kChunk, channels - c0);
      std::fill_n(sums, n, Kind::kStart);
      for (int32_t y = y0; y < y1; ++y) {
        for (int32_t x = x0; x < x1; ++x) {
          const Value* pixel = image + (int64_t{y} * window.w.in + x) * channels + c0;
          for (int32_t c = 0; c < n; ++c) sums[c] = Kind::Take(sums[c], pixel[c]);
        }
      }
      for (int32_t c = 0; c < n; ++c) {
        out[c0 + c] = static_cast<Value>(std::clamp(Kind::Finish(sums[c], count), lo_, hi_));
      }
    }
  }

  const Sum lo_;
  const Sum hi_;
};

absl::StatusOr<ConvParams> PoolParams(const PrepareContext& context) {
  const auto options = context.options<Pool2DOptions>();
  const TensorDef& input = *context.input(0);
  OCTET_RETURN_IF_ERROR(CheckRank(input, 4));
  ConvParams params;
  params.padding = options.padding;
  params.kernel_h = options.filter_h;
  params.kernel_w = options.filter_w;
  params.stride_h = options.stride_h;
  params.stride_w = options.stride_w;
  params.in_channels = input.shape.dim(3);
  params.out_channels = params.in_channels;
  // A window's sum of codes stays far inside int32.
  if (int64_t{params.kernel_h} * params.kernel_w > (1 << 23)) {
    return absl::InvalidArgumentError("the window has too many pixels");
  }
  return params;
}

template <typename Kind>
PreparedOp PrepareCodes(const PrepareContext& context, Rounding clamp_rule) {
  OCTET_ASSIGN_OR_RETURN(const ConvParams params, PoolParams(context));
  OCTET_RETURN_IF_ERROR(CheckSameQuantization(*context.input(0), context.output(0), 1e-6f));
  OCTET_ASSIGN_OR_RETURN(
      const CodeRange range,
      ActivationCodes(context.options<Pool2DOptions>().activation, context.output(0), clamp_rule));
  return std::make_unique<Pool2D<Kind>>(params, range.lo, range.hi);
}

// XNNPACK takes the maximum of 8-bit codes; all else is the builtin kernel's under both rules.
template <typename T>
PreparedOp PrepareMax(const PrepareContext& context) {
  return PrepareCodes<MaxCodes<T>>(context,
                                   sizeof(T) == 1 ? context.rounding : Rounding::kFixedPoint);
}
template <typename T>
PreparedOp PrepareAverage(const PrepareContext& context) {
  return PrepareCodes<AverageCodes<T>>(context, Rounding::kFixedPoint);
}

template <typename Kind>
PreparedOp PrepareF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const ConvParams params, PoolParams(context));
  OCTET_ASSIGN_OR_RETURN(const FloatRange range,
                         ActivationValues(context.options<Pool2DOptions>().activation));
  return std::make_unique<Pool2D<Kind>>(params, range.lo, range.hi);
}

}  // namespace

OpRowList Pool2DRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  constexpr TypeSlot kS16{DataType::kInt16};
  return {
      {BuiltinOp::kAveragePool2d, 1, 3, {kS8}, {kS8}, &PrepareAverage<int8_t>},
      {BuiltinOp::kAveragePool2d, 1, 3, {kU8}, {kU8}, &PrepareAverage<uint8_t>},
      {BuiltinOp::kAveragePool2d, 1, 3, {kS16}, {kS16}, &PrepareAverage<int16_t>},
      {BuiltinOp::kAveragePool2d, 1, 3, {kF32}, {kF32}, &PrepareF32<AverageF32>},
      {BuiltinOp::kMaxPool2d, 1, 3, {kS8}, {kS8}, &PrepareMax<int8_t>},
      {BuiltinOp::kMaxPool2d, 1, 3, {kU8}, {kU8}, &PrepareMax<uint8_t>},
      {BuiltinOp::kMaxPool2d, 1, 3, {kS16}, {kS16}, &PrepareMax<int16_t>},
      {BuiltinOp::kMaxPool2d, 1, 3, {kF32}, {kF32}, &PrepareF32<MaxF32>},
      {BuiltinOp::kL2Pool2d, 1, 1, {kF32}, {kF32}, &PrepareF32<L2F32>},
  };
}

}  // namespace octet::ops
