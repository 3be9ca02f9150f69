// MUL, SQUARED_DIFFERENCE, MAXIMUM and MINIMUM. NUMERICS.md has a section for each.
#include <algorithm>
#include <cmath>

#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/kernels/variants.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/elementwise/arithmetic.h"
#include "engine/ops/elementwise/binary.h"
#include "engine/ops/elementwise/rows.h"

namespace octet::ops {
namespace {

using kernels::FixedPointMultiplier;
using kernels::MultiplyByFixedPoint;

struct MulParams {
  int32_t zero_a = 0;
  int32_t zero_b = 0;
  int32_t zero_out = 0;
  CodeRange range;
  float ratio = 0;
  FixedPointMultiplier multiplier;
  // Elements, counted in the shape that was exported, that the builtin kernel narrows to 16 bits.
  int64_t period = 1;
  int64_t narrowed = 0;
};

int32_t Product(const MulParams& p, int32_t a, int32_t b) {
  return WrappingMul(a - p.zero_a, b - p.zero_b);
}

kernels::BinaryCodes8 Codes8(const MulParams& p) {
  return {p.zero_a, p.zero_b, p.zero_out, p.range.lo, p.range.hi};
}

template <typename T>
PreparedOp MakeMulFloat(const MulParams& p, IsaSet isas) {
  const kernels::Elementwise8& kernels = kernels::SelectElementwise8(isas);
  return MakeBinaryCodes(kernels::MulFloat8{Codes8(p), p.ratio},
                         std::is_signed_v<T> ? kernels.mul_float_s8 : kernels.mul_float_u8);
}

template <typename T>
T MulFixedPoint(const MulParams& p, T a, T b) {
  const int64_t scaled = MultiplyByFixedPoint(Product(p, a, b), p.multiplier);
  return static_cast<T>(std::clamp<int64_t>(scaled + p.zero_out, p.range.lo, p.range.hi));
}

// The builtin kernel's vector body works in 16-bit lanes.
int8_t MulNarrowed(const MulParams& p, int8_t a, int8_t b) {
  const auto scaled = CutTo<int16_t>(MultiplyByFixedPoint(Product(p, a, b), p.multiplier));
  const auto code = static_cast<int16_t>(scaled + p.zero_out);
  return static_cast<int8_t>(std::clamp<int32_t>(code, p.range.lo, p.range.hi));
}

template <typename T>
PreparedOp PrepareMulCodes(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 2));
  const TensorDef& a = *context.input(0);
  const TensorDef& b = *context.input(1);
  const TensorDef& out = context.output(0);
  MulParams p;
  p.zero_a = a.quantization.zero_point[0];
  p.zero_b = b.quantization.zero_point[0];
  p.zero_out = out.quantization.zero_point[0];
  const float product = a.quantization.scale[0] * b.quantization.scale[0];
  p.ratio = product / out.quantization.scale[0];
  const bool delegated = sizeof(T) == 1 && context.rounding == Rounding::kFloat32;
  const bool in_float = delegated && p.ratio >= 0x1p-16f && p.ratio < 0x1p8f;
  OCTET_ASSIGN_OR_RETURN(p.range,
                         ActivationCodes(context.options<ActivationOptions>().activation, out,
                                         in_float ? Rounding::kFloat32 : Rounding::kFixedPoint));
  if constexpr (sizeof(T) == 1) {
    if (in_float) return MakeMulFloat<T>(p, context.isas);
  }
  OCTET_ASSIGN_OR_RETURN(p.multiplier, RatioMultiplier(p.ratio, out));
  if constexpr (std::is_same_v<T, int8_t>) {
    if (delegated && a.shape == b.shape) {
      p.period = std::max<int64_t>(out.shape.num_elements(), 1);
      p.narrowed = out.shape.num_elements() / 16 * 16;
      return MakeBinary<T, T, T>([p](T x, T y, int64_t at) {
        return at % p.period < p.narrowed ? MulNarrowed(p, x, y) : MulFixedPoint<T>(p, x, y);
      });
    }
  }
  if constexpr (sizeof(T) == 1) {
    const kernels::Elementwise8& kernels = kernels::SelectElementwise8(context.isas);
    return MakeBinaryCodes(
        kernels::MulFixedPoint8{Codes8(p), {p.multiplier.multiplier, p.multiplier.exponent}},
        std::is_signed_v<T> ? kernels.mul_fixed_point_s8 : kernels.mul_fixed_point_u8);
  } else {
    return MakeBinary<T, T, T>([p](T x, T y) { return MulFixedPoint<T>(p, x, y); });
  }
}

PreparedOp PrepareMulF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const FloatRange range,
                         ActivationValues(context.options<ActivationOptions>().activation));
  return MakeBinary<float, float, float>(
      [range](float a, float b) { return std::min(std::max(a * b, range.lo), range.hi); });
}

template <typename T>
PreparedOp PrepareMulIntegers(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const IntegerRange<T> range,
                         ActivationIntegers<T>(context.options<ActivationOptions>().activation));
  return MakeBinary<T, T, T>(
      [range](T a, T b) { return std::clamp(WrappingMul(a, b), range.lo, range.hi); });
}

PreparedOp PrepareMulS16(const PrepareContext& context) {
  if (!context.output(0).quantization.is_quantized()) return PrepareMulIntegers<int16_t>(context);
  return PrepareMulCodes<int16_t>(context);
}

PreparedOp PrepareSquaredDifferenceS8(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 2));
  constexpr int kLeftShift = 7;
  const Quantization& a = context.input(0)->quantization;
  const Quantization& b = context.input(1)->quantization;
  const TensorDef& out = context.output(0);
  const double twice_max = 2.0f * std::max(a.scale[0], b.scale[0]);
  const auto of_a = kernels::MakeFixedPointMultiplier(static_cast<double>(a.scale[0]) / twice_max);
  const auto of_b = kernels::MakeFixedPointMultiplier(static_cast<double>(b.scale[0]) / twice_max);
  const auto raised = static_cast<double>(std::ldexp(out.quantization.scale[0], 2 * kLeftShift));
  OCTET_ASSIGN_OR_RETURN(const FixedPointMultiplier of_out,
                         RatioMultiplier(twice_max * twice_max / raised, out));
  const int32_t zero_a = a.zero_point[0];
  const int32_t zero_b = b.zero_point[0];
  const int32_t zero_out = out.quantization.zero_point[0];
  return MakeBinary<int8_t, int8_t, int8_t>([=](int8_t qa, int8_t qb) {
    const int32_t x = MultiplyByFixedPoint((qa - zero_a) * (1 << kLeftShift), of_a);
    const int32_t y = MultiplyByFixedPoint((qb - zero_b) * (1 << kLeftShift), of_b);
    const int32_t d = x - y;
    return CutTo<int8_t>(int64_t{MultiplyByFixedPoint(WrappingMul(d, d), of_out)} + zero_out);
  });
}

PreparedOp PrepareSquaredDifferenceF32(const PrepareContext&) {
  return MakeBinary<float, float, float>([](float a, float b) { return (a - b) * (a - b); });
}

PreparedOp PrepareSquaredDifferenceS32(const PrepareContext&) {
  return MakeBinary<int32_t, int32_t, int32_t>([](int32_t a, int32_t b) {
    const int32_t d = WrappingSub(a, b);
    return WrappingMul(d, d);
  });
}

// Of the codes: LiteRT takes no account of scales here, so they must be equal to mean anything.
template <typename T>
PreparedOp PrepareExtreme(const PrepareContext& context) {
  if (context.op->op == BuiltinOp::kMaximum) {
    return MakeBinary<T, T, T>([](T a, T b) { return a > b ? a : b; });
  }
  return MakeBinary<T, T, T>([](T a, T b) { return a < b ? a : b; });
}

OpRow Row(BuiltinOp op, int newest, DataType type, PrepareFunction prepare) {
  return {op, 1, newest, {{type}, {type}}, {{type}}, prepare};
}

OpRowList ExtremeRows(BuiltinOp op) {
  return {Row(op, 4, DataType::kInt8, &PrepareExtreme<int8_t>),
          Row(op, 4, DataType::kUint8, &PrepareExtreme<uint8_t>),
          Row(op, 4, DataType::kInt16, &PrepareExtreme<int16_t>),
          Row(op, 4, DataType::kInt32, &PrepareExtreme<int32_t>),
          Row(op, 4, DataType::kInt64, &PrepareExtreme<int64_t>),
          Row(op, 4, DataType::kFloat32, &PrepareExtreme<float>)};
}

}  // namespace

OpRowList MulRows() {
  constexpr auto kMul = BuiltinOp::kMul;
  constexpr auto kSquared = BuiltinOp::kSquaredDifference;
  return JoinRows(OpRowList{Row(kMul, 8, DataType::kInt8, &PrepareMulCodes<int8_t>),
                            Row(kMul, 8, DataType::kUint8, &PrepareMulCodes<uint8_t>),
                            Row(kMul, 8, DataType::kInt16, &PrepareMulS16),
                            Row(kMul, 8, DataType::kInt32, &PrepareMulIntegers<int32_t>),
                            Row(kMul, 8, DataType::kInt64, &PrepareMulIntegers<int64_t>),
                            Row(kMul, 8, DataType::kUint32, &PrepareMulIntegers<uint32_t>),
                            Row(kMul, 8, DataType::kFloat32, &PrepareMulF32),
                            Row(kSquared, 2, DataType::kInt8, &PrepareSquaredDifferenceS8),
                            Row(kSquared, 2, DataType::kInt32, &PrepareSquaredDifferenceS32),
                            Row(kSquared, 2, DataType::kFloat32, &PrepareSquaredDifferenceF32)},
                  ExtremeRows(BuiltinOp::kMaximum), ExtremeRows(BuiltinOp::kMinimum));
}

}  // namespace octet::ops
