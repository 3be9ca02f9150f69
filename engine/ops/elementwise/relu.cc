// RELU and its kin, LEAKY_RELU and PRELU. NUMERICS.md, "RELU and its kin".
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/status_macros.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/elementwise/binary.h"
#include "engine/ops/elementwise/rows.h"
#include "engine/ops/elementwise/table.h"

namespace octet::ops {
namespace {

using kernels::FixedPointMultiplier;
using kernels::MultiplyByFixedPoint;

FloatRange BoundsOf(BuiltinOp op) {
  switch (op) {
    case BuiltinOp::kRelu6:
      return {0.0f, 6.0f};
    case BuiltinOp::kReluN1To1:
      return {-1.0f, 1.0f};
    case BuiltinOp::kRelu0To1:
      return {0.0f, 1.0f};
    default:
      return {0.0f, std::numeric_limits<float>::infinity()};
  }
}

// An 8-bit function as a table, a 16-bit one as it is.
template <typename T, typename CodeOf>
std::unique_ptr<const Op> MakeCodeOp(IsaSet isas, CodeOf code_of) {
  if constexpr (sizeof(T) == 1) {
    return MakeTableOp<T>(BuildTable8<T>(code_of), isas);
  } else {
    return MakeElementwise<T, T>([code_of](T code) { return CutTo<T>(code_of(code)); });
  }
}

PreparedOp PrepareReluF32(const PrepareContext& context) {
  const FloatRange bounds = BoundsOf(context.op->op);
  return MakeElementwise<float, float>(
      [bounds](float x) { return std::min(std::max(x, bounds.lo), bounds.hi); });
}

template <typename T>
PreparedOp PrepareRelu(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const Quantization& in = context.input(0)->quantization;
  const TensorDef& output = context.output(0);
  const float scale = output.quantization.scale[0];
  OCTET_ASSIGN_OR_RETURN(const FixedPointMultiplier multiplier,
                         RatioMultiplier(in.scale[0] / scale, output));
  const int32_t zero_in = in.zero_point[0];
  const int32_t zero_out = output.quantization.zero_point[0];
  const auto code_of_bound = [&](float bound) {
    const float code = std::round(bound / scale) + static_cast<float>(zero_out);
    return CutTo<T>(static_cast<int64_t>(std::clamp(code, -0x1p40f, 0x1p40f)));
  };
  const FloatRange bounds = BoundsOf(context.op->op);
  const int64_t lo = code_of_bound(bounds.lo);
  const int64_t hi = code_of_bound(bounds.hi);
  return MakeCodeOp<T>(context.isas, [=](int32_t code) {
    const int64_t scaled = MultiplyByFixedPoint(code - zero_in, multiplier);
    return std::min(std::max(scaled + zero_out, lo), hi);
  });
}

PreparedOp PrepareLeakyF32(const PrepareContext& context) {
  const float alpha = context.options<LeakyReluOptions>().alpha;
  // The rules differ in the sign of zero.
  if (context.rounding == Rounding::kFloat32) {
    return MakeElementwise<float, float>([alpha](float x) { return x >= 0 ? x : x * alpha; });
  }
  return MakeElementwise<float, float>([alpha](float x) { return x > 0 ? x : x * alpha; });
}

// XNNPACK's conditions for taking an 8-bit LEAKY_RELU.
bool EighthBitsFit(float positive, float negative) {
  return positive >= 0x1p-8f && positive <= 128.0f && std::abs(negative) >= 0x1p-8f &&
         negative >= -127.99609375f && negative <= 128.0f;
}

template <typename T>
PreparedOp PrepareLeaky(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const Quantization& in = context.input(0)->quantization;
  const TensorDef& output = context.output(0);
  const float alpha = context.options<LeakyReluOptions>().alpha;
  const int32_t zero_in = in.zero_point[0];
  const int32_t zero_out = output.quantization.zero_point[0];
  const float positive = in.scale[0] / output.quantization.scale[0];
  if (sizeof(T) == 1 && context.rounding == Rounding::kFloat32 &&
      EighthBitsFit(positive, positive * alpha)) {
    const auto above = static_cast<int32_t>(std::rint(256.0f * positive));
    const auto below = static_cast<int32_t>(std::rint(256.0f * (positive * alpha)));
    return MakeCodeOp<T>(context.isas, [=](int32_t code) -> int64_t {
      const int32_t centred = code - zero_in;
      return ((centred * (centred >= 0 ? above : below) + 128) >> 8) + zero_out;
    });
  }
  const float negative = in.scale[0] * alpha / output.quantization.scale[0];
  OCTET_ASSIGN_OR_RETURN(const FixedPointMultiplier above, RatioMultiplier(positive, output));
  OCTET_ASSIGN_OR_RETURN(const FixedPointMultiplier below,
                         RatioMultiplier(std::abs(negative), output));
  const bool flip = negative < 0;
  return MakeCodeOp<T>(context.isas, [=](int32_t code) {
    const int32_t centred = code - zero_in;
    if (centred >= 0) return int64_t{MultiplyByFixedPoint(centred, above)} + zero_out;
    const int64_t scaled = MultiplyByFixedPoint(centred, below);
    return (flip ? -scaled : scaled) + zero_out;
  });
}

PreparedOp PreparePreluF32(const PrepareContext&) {
  return MakeBinary<float, float, float>(
      [](float x, float factor) { return x >= 0 ? x : x * factor; });
}

template <typename T, typename Factor>
PreparedOp PreparePrelu(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 2));
  const Quantization& in = context.input(0)->quantization;
  const Quantization& factors = context.input(1)->quantization;
  const TensorDef& output = context.output(0);
  const float scale = output.quantization.scale[0];
  OCTET_ASSIGN_OR_RETURN(const FixedPointMultiplier above,
                         RatioMultiplier(in.scale[0] / scale, output));
  OCTET_ASSIGN_OR_RETURN(const FixedPointMultiplier below,
                         RatioMultiplier(in.scale[0] * factors.scale[0] / scale, output));
  const int32_t zero_in = in.zero_point[0];
  const int32_t zero_factor = factors.zero_point[0];
  const int32_t zero_out = output.quantization.zero_point[0];
  return MakeBinary<T, Factor, T>([=](T code, Factor factor) {
    const int32_t centred = code - zero_in;
    const int64_t scaled = centred >= 0
                               ? MultiplyByFixedPoint(centred, above)
                               : MultiplyByFixedPoint(centred * (factor - zero_factor), below);
    return CutTo<T>(scaled + zero_out);
  });
}

OpRow Row(BuiltinOp op, int newest, DataType type, PrepareFunction prepare) {
  return {op, 1, newest, {{type}}, {{type}}, prepare};
}

OpRowList ReluRowsOf(BuiltinOp op, int newest) {
  return {Row(op, newest, DataType::kInt8, &PrepareRelu<int8_t>),
          Row(op, newest, DataType::kUint8, &PrepareRelu<uint8_t>),
          Row(op, newest, DataType::kFloat32, &PrepareReluF32)};
}

}  // namespace

OpRowList ReluRows() {
  constexpr auto kS8 = DataType::kInt8;
  constexpr auto kU8 = DataType::kUint8;
  constexpr auto kS16 = DataType::kInt16;
  constexpr auto kF32 = DataType::kFloat32;
  constexpr auto kPrelu = BuiltinOp::kPrelu;
  return JoinRows(ReluRowsOf(BuiltinOp::kRelu, 3), ReluRowsOf(BuiltinOp::kRelu6, 3),
                  ReluRowsOf(BuiltinOp::kReluN1To1, 1), ReluRowsOf(BuiltinOp::kRelu0To1, 1),
                  OpRowList{
                      Row(BuiltinOp::kRelu, 3, kS16, &PrepareRelu<int16_t>),
                      Row(BuiltinOp::kRelu6, 3, kS16, &PrepareRelu<int16_t>),
                      Row(BuiltinOp::kLeakyRelu, 2, kS8, &PrepareLeaky<int8_t>),
                      Row(BuiltinOp::kLeakyRelu, 2, kU8, &PrepareLeaky<uint8_t>),
                      Row(BuiltinOp::kLeakyRelu, 2, kS16, &PrepareLeaky<int16_t>),
                      Row(BuiltinOp::kLeakyRelu, 2, kF32, &PrepareLeakyF32),
                      {kPrelu, 1, 1, {{kS8}, {kS8}}, {{kS8}}, &PreparePrelu<int8_t, int8_t>},
                      {kPrelu, 1, 1, {{kU8}, {kU8}}, {{kU8}}, &PreparePrelu<uint8_t, uint8_t>},
                      {kPrelu, 1, 1, {{kS16}, {kS8}}, {{kS16}}, &PreparePrelu<int16_t, int8_t>},
                      {kPrelu, 1, 1, {{kF32}, {kF32}}, {{kF32}}, &PreparePreluF32},
                  });
}

}  // namespace octet::ops
