// EXP, LOG, ELU, GELU, SQRT and RSQRT; SIN, COS and other functions of float32. NUMERICS.md,
// "Tables" and "ABS and NEG; roots".
#include <algorithm>
#include <cmath>

#include "engine/base/status_macros.h"
#include "engine/ops/core/reciprocal_root.h"
#include "engine/ops/elementwise/rows.h"
#include "engine/ops/elementwise/table.h"

namespace octet::ops {
namespace {

// Through double, so that float32 answers are correctly rounded but for the rarest ties.
float Exp(float x) { return static_cast<float>(std::exp(static_cast<double>(x))); }
float Log(float x) { return static_cast<float>(std::log(static_cast<double>(x))); }
float Elu(float x) { return x < 0 ? static_cast<float>(std::expm1(static_cast<double>(x))) : x; }
float Gelu(float x) {
  const float argument = x * static_cast<float>(-std::sqrt(0.5));
  return 0.5f * x * static_cast<float>(std::erfc(static_cast<double>(argument)));
}
float GeluApproximate(float x) {
  const auto factor = static_cast<float>(std::sqrt(2.0 / 3.14159265358979323846));
  const float argument = factor * (x + 0.044715f * x * x * x);
  return 0.5f * x * (1.0f + static_cast<float>(std::tanh(static_cast<double>(argument))));
}
float Sin(float x) { return static_cast<float>(std::sin(static_cast<double>(x))); }
float Cos(float x) { return static_cast<float>(std::cos(static_cast<double>(x))); }
float ReciprocalRoot(float x) { return 1.0f / std::sqrt(x); }

template <float (*kFunction)(float)>
PreparedOp PrepareFloat(const PrepareContext&) {
  return MakeElementwise<float, float>([](float x) { return kFunction(x); });
}

float Square(float x) { return x * x; }
float Floor(float x) { return std::floor(x); }
float Ceil(float x) { return std::ceil(x); }
float Root(float x) { return std::sqrt(x); }

// A NaN has the sign 0.
template <typename T>
PreparedOp PrepareSign(const PrepareContext&) {
  return MakeElementwise<T, T>([](T x) { return static_cast<T>((x > 0) - (x < 0)); });
}

// The builtin kernel has no negative zero for numbers below zero.
PreparedOp PrepareRound(const PrepareContext& context) {
  if (context.rounding == Rounding::kFloat32) {
    return MakeElementwise<float, float>([](float x) { return std::rint(x); });
  }
  return MakeElementwise<float, float>(
      [](float x) { return x < 0 ? std::rint(x) + 0.0f : std::rint(x); });
}

template <typename T, float (*kFunction)(float)>
PreparedOp PrepareTable(const PrepareContext& context) {
  return MakeFunctionOp<T>(context, kFunction, Rounding::kFixedPoint);
}

// XNNPACK takes ELU.
PreparedOp PrepareElu(const PrepareContext& context) {
  return MakeFunctionOp<int8_t>(context, Elu, context.rounding);
}

// Nothing has the logarithm of what is not positive: the lowest code.
template <typename T>
PreparedOp PrepareLog(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const Quantization& out = context.output(0).quantization;
  const float lowest =
      static_cast<float>(std::numeric_limits<T>::min() - out.zero_point[0]) * out.scale[0];
  return MakeFunctionOp<T>(
      context, [lowest](float x) { return x <= 0 ? lowest : Log(x); }, Rounding::kFixedPoint);
}

template <typename T>
PreparedOp PrepareGelu(const PrepareContext& context) {
  const bool approximate = context.options<GeluOptions>().approximate;
  return MakeFunctionOp<T>(context, approximate ? GeluApproximate : Gelu, Rounding::kFixedPoint);
}
PreparedOp PrepareGeluF32(const PrepareContext& context) {
  if (context.options<GeluOptions>().approximate) return PrepareFloat<GeluApproximate>(context);
  return PrepareFloat<Gelu>(context);
}

// Truncates where other functions round. A negative number has no root: the zero point.
int64_t CodeOfRoot(const Quantization& in, const Quantization& out, int32_t code) {
  const int32_t centred = code - in.zero_point[0];
  if (centred < 0) return out.zero_point[0];
  const float root = std::sqrt(in.scale[0] * static_cast<float>(centred)) / out.scale[0];
  return static_cast<int64_t>(std::min(root, 0x1p40f)) + out.zero_point[0];
}

template <typename T>
PreparedOp PrepareRoot(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const Quantization in = context.input(0)->quantization;
  const Quantization out = context.output(0).quantization;
  if constexpr (sizeof(T) == 1) {
    return MakeTableOp<T>(BuildTable8<T>([&](int32_t code) { return CodeOfRoot(in, out, code); }),
                          context.isas);
  } else {
    return MakeElementwise<T, T>([in, out](T code) { return CutTo<T>(CodeOfRoot(in, out, code)); });
  }
}

// Zero and less: the highest code, as LiteRT has it for zero. (It fails for less.)
PreparedOp PrepareReciprocalRootS8(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const TensorDef& out = context.output(0);
  const Quantization& in = context.input(0)->quantization;
  const float scale = std::sqrt(in.scale[0]) * out.quantization.scale[0];
  OCTET_ASSIGN_OR_RETURN(kernels::FixedPointMultiplier multiplier,
                         RatioMultiplier(1.0 / static_cast<double>(scale), out));
  return MakeTableOp<int8_t>(BuildTable8<int8_t>([&](int32_t code) -> int64_t {
                               const int32_t n = code - in.zero_point[0];
                               if (n <= 0) return std::numeric_limits<int8_t>::max();
                               return int64_t{ScaledReciprocalRoot(n, multiplier)} +
                                      out.quantization.zero_point[0];
                             }),
                             context.isas);
}

PreparedOp PrepareReciprocalRootS16(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const float highest = 32767.0f * context.output(0).quantization.scale[0];
  return MakeFunctionOp<int16_t>(
      context, [highest](float x) { return x <= 0 ? highest : ReciprocalRoot(x); },
      Rounding::kFixedPoint);
}

OpRow Row(BuiltinOp op, int newest, DataType type, PrepareFunction prepare) {
  return {op, 1, newest, {{type}}, {{type}}, prepare};
}

}  // namespace

OpRowList FunctionRows() {
  constexpr auto kS8 = DataType::kInt8;
  constexpr auto kU8 = DataType::kUint8;
  constexpr auto kS16 = DataType::kInt16;
  constexpr auto kF32 = DataType::kFloat32;
  return {
      Row(BuiltinOp::kExp, 2, kS8, &PrepareTable<int8_t, Exp>),
      Row(BuiltinOp::kExp, 2, kS16, &PrepareTable<int16_t, Exp>),
      Row(BuiltinOp::kExp, 2, kF32, &PrepareFloat<Exp>),
      Row(BuiltinOp::kLog, 2, kS8, &PrepareLog<int8_t>),
      Row(BuiltinOp::kLog, 2, kS16, &PrepareLog<int16_t>),
      Row(BuiltinOp::kLog, 2, kF32, &PrepareFloat<Log>),
      Row(BuiltinOp::kElu, 1, kS8, &PrepareElu),
      Row(BuiltinOp::kElu, 1, kF32, &PrepareFloat<Elu>),
      Row(BuiltinOp::kGelu, 3, kS8, &PrepareGelu<int8_t>),
      Row(BuiltinOp::kGelu, 3, kU8, &PrepareGelu<uint8_t>),
      Row(BuiltinOp::kGelu, 3, kS16, &PrepareGelu<int16_t>),
      Row(BuiltinOp::kGelu, 3, kF32, &PrepareGeluF32),
      Row(BuiltinOp::kSqrt, 2, kS8, &PrepareRoot<int8_t>),
      Row(BuiltinOp::kSqrt, 2, kS16, &PrepareRoot<int16_t>),
      Row(BuiltinOp::kSqrt, 2, kF32, &PrepareFloat<Root>),
      Row(BuiltinOp::kRsqrt, 3, kS8, &PrepareReciprocalRootS8),
      Row(BuiltinOp::kRsqrt, 3, kS16, &PrepareReciprocalRootS16),
      Row(BuiltinOp::kRsqrt, 3, kF32, &PrepareFloat<ReciprocalRoot>),
      Row(BuiltinOp::kSin, 2, kF32, &PrepareFloat<Sin>),
      Row(BuiltinOp::kCos, 2, kF32, &PrepareFloat<Cos>),
      Row(BuiltinOp::kSquare, 1, kF32, &PrepareFloat<Square>),
      Row(BuiltinOp::kFloor, 1, kF32, &PrepareFloat<Floor>),
      Row(BuiltinOp::kCeil, 1, kF32, &PrepareFloat<Ceil>),
      Row(BuiltinOp::kRound, 1, kF32, &PrepareRound),
      Row(BuiltinOp::kSign, 2, kF32, &PrepareSign<float>),
      Row(BuiltinOp::kSign, 2, DataType::kInt32, &PrepareSign<int32_t>),
  };
}

}  // namespace octet::ops
