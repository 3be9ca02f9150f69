// DIV, FLOOR_DIV and FLOOR_MOD. NUMERICS.md, "DIV, FLOOR_DIV, FLOOR_MOD, POW".
#include <algorithm>
#include <bit>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/fixed_point_math.h"
#include "engine/ops/elementwise/arithmetic.h"
#include "engine/ops/elementwise/binary.h"
#include "engine/ops/elementwise/rows.h"

namespace octet::ops {
namespace {

absl::Status DivisionByZero() { return absl::InvalidArgumentError("division by zero"); }

// Integers by integers. A divisor of zero fails the run, so that requests share a batch only where
// the divisor is known.
template <typename T, typename Function>
class IntegerDivision final : public Binary<T, T, T, Function> {
 public:
  using Base = Binary<T, T, T, Function>;
  IntegerDivision(Function function, bool checked) : Base(std::move(function)), checked_(checked) {}

  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    if (!checked_) {
      return absl::FailedPreconditionError("a divisor of zero in one row fails all of them");
    }
    return Base::CheckRowsApart(inputs, has_rows);
  }
  absl::Status Run(const RunContext& context) const override {
    if (!checked_) {
      const T* divisors = context.in<T>(1);
      const int64_t count = context.input_shapes[1].num_elements();
      if (std::find(divisors, divisors + count, T{0}) != divisors + count) return DivisionByZero();
    }
    return Base::Run(context);
  }

 private:
  const bool checked_;  // the divisors are constants other than 0
};

template <typename T, typename Function>
PreparedOp MakeIntegerDivision(const PrepareContext& context, Function function) {
  const TensorDef& divisor = *context.input(1);
  if (divisor.is_constant) {
    const auto values = divisor.values<T>();
    if (std::find(values.begin(), values.end(), T{0}) != values.end()) return DivisionByZero();
  }
  return std::make_unique<IntegerDivision<T, Function>>(std::move(function), divisor.is_constant);
}

// Towards zero. The lowest integer by -1 wraps.
template <typename T>
T Quotient(T a, T b) {
  return b == -1 ? WrappingSub(T{0}, a) : static_cast<T>(a / b);
}
template <typename T>
T Remainder(T a, T b) {
  return b == -1 ? T{0} : static_cast<T>(a % b);
}
template <typename T>
bool SignsDiffer(T a, T b) {
  return (a < 0) != (b < 0);
}

PreparedOp PrepareDivS32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const auto range, ActivationIntegers<int32_t>(
                                               context.options<ActivationOptions>().activation));
  return MakeIntegerDivision<int32_t>(context, [range](int32_t a, int32_t b) {
    return std::clamp(Quotient(a, b), range.lo, range.hi);
  });
}

PreparedOp PrepareDivF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const FloatRange range,
                         ActivationValues(context.options<ActivationOptions>().activation));
  return MakeBinary<float, float, float>(
      [range](float a, float b) { return std::min(std::max(a / b, range.lo), range.hi); });
}

struct DivParams {
  int32_t zero_a = 0;
  int32_t zero_b = 0;
  int32_t zero_out = 0;
  CodeRange range;
  kernels::FixedPointMultiplier multiplier;
};

// RS for any n >= 0; for n >= 32, what 32-bit shifts leave in LiteRT's kernel.
int64_t ShiftRight(int32_t x, int n) {
  if (n < 32) return kernels::RoundingShiftRight(x, n);
  return int64_t{x >> (n & 31)} + (x >= 0 ? 1 : 0);
}

int32_t DivideCodes(const DivParams& p, int32_t qa, int32_t qb) {
  int32_t dividend = qa - p.zero_a;
  int32_t divisor = qb - p.zero_b;
  // LiteRT has no answer: the end of the range.
  if (divisor == 0) {
    return dividend == 0 ? std::clamp(p.zero_out, p.range.lo, p.range.hi)
                         : (dividend > 0 ? p.range.hi : p.range.lo);
  }
  if (divisor < 0) {
    dividend = -dividend;
    divisor = -divisor;
  }
  const int zeros = std::countl_zero(static_cast<uint32_t>(divisor));
  const auto fraction =
      static_cast<int32_t>((static_cast<uint32_t>(divisor) << zeros) - (1u << 31));
  const int32_t reciprocal = ReciprocalOnePlus(fraction);
  const auto bits = static_cast<uint32_t>(dividend < 0 ? ~dividend : dividend);
  const int headroom = std::countl_zero(bits) - 1;
  const int32_t quotient =
      kernels::DoublingHighMul(WrappingShiftLeft(dividend, headroom), reciprocal);
  const int32_t scaled = kernels::DoublingHighMul(quotient, p.multiplier.multiplier);
  const int shift = p.multiplier.exponent - (31 - zeros) - headroom;
  const int64_t result = shift > 0 ? int64_t{CutTo<int32_t>(int64_t{scaled} << std::min(shift, 31))}
                                   : ShiftRight(scaled, -shift);
  return static_cast<int32_t>(std::clamp<int64_t>(result + p.zero_out, p.range.lo, p.range.hi));
}

template <typename T>
PreparedOp PrepareDivCodes(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 2));
  const Quantization& a = context.input(0)->quantization;
  const Quantization& b = context.input(1)->quantization;
  const TensorDef& out = context.output(0);
  DivParams p;
  p.zero_a = a.zero_point[0];
  p.zero_b = b.zero_point[0];
  p.zero_out = out.quantization.zero_point[0];
  OCTET_ASSIGN_OR_RETURN(p.range, ActivationCodes(context.options<ActivationOptions>().activation,
                                                  out, Rounding::kFixedPoint));
  const double divisor =
      static_cast<double>(b.scale[0]) * static_cast<double>(out.quantization.scale[0]);
  OCTET_ASSIGN_OR_RETURN(p.multiplier,
                         RatioMultiplier(static_cast<double>(a.scale[0]) / divisor, out));
  return MakeBinary<T, T, T>([p](T x, T y) { return static_cast<T>(DivideCodes(p, x, y)); });
}

template <typename T>
PreparedOp PrepareFloorDiv(const PrepareContext& context) {
  return MakeIntegerDivision<T>(context, [](T a, T b) {
    const T quotient = Quotient(a, b);
    const bool down = Remainder(a, b) != 0 && SignsDiffer(a, b);
    return static_cast<T>(down ? quotient - 1 : quotient);
  });
}
PreparedOp PrepareFloorDivF32(const PrepareContext&) {
  return MakeBinary<float, float, float>([](float a, float b) { return std::floor(a / b); });
}

template <typename T>
PreparedOp PrepareFloorMod(const PrepareContext& context) {
  return MakeIntegerDivision<T>(context, [](T a, T b) {
    const T remainder = Remainder(a, b);
    return static_cast<T>(remainder != 0 && SignsDiffer(a, b) ? remainder + b : remainder);
  });
}
PreparedOp PrepareFloorModF32(const PrepareContext&) {
  return MakeBinary<float, float, float>([](float a, float b) {
    const float remainder = std::fmod(a, b);
    return remainder != 0 && SignsDiffer(remainder, b) ? remainder + b : remainder;
  });
}

// The power by squaring, wrapping. A negative power is the reciprocal, truncated; 0 has none.
int32_t IntegerPower(int32_t base, int32_t exponent) {
  if (exponent < 0) {
    if (base == 1 || base == -1) return exponent % 2 == 0 ? 1 : base;
    return 0;
  }
  int32_t power = 1;
  for (int32_t rest = exponent; rest > 0; rest /= 2) {
    if (rest % 2 != 0) power = WrappingMul(power, base);
    base = WrappingMul(base, base);
  }
  return power;
}

PreparedOp PreparePowS32(const PrepareContext&) {
  return MakeBinary<int32_t, int32_t, int32_t>(IntegerPower);
}
PreparedOp PreparePowF32(const PrepareContext&) {
  return MakeBinary<float, float, float>([](float a, float b) {
    return static_cast<float>(std::pow(static_cast<double>(a), static_cast<double>(b)));
  });
}

OpRow Row(BuiltinOp op, int newest, DataType type, PrepareFunction prepare) {
  return {op, 1, newest, {{type}, {type}}, {{type}}, prepare};
}

}  // namespace

OpRowList DivideRows() {
  constexpr auto kDiv = BuiltinOp::kDiv;
  constexpr auto kFloorDiv = BuiltinOp::kFloorDiv;
  constexpr auto kFloorMod = BuiltinOp::kFloorMod;
  return {Row(kDiv, 2, DataType::kInt8, &PrepareDivCodes<int8_t>),
          Row(kDiv, 2, DataType::kUint8, &PrepareDivCodes<uint8_t>),
          Row(kDiv, 2, DataType::kInt16, &PrepareDivCodes<int16_t>),
          Row(kDiv, 2, DataType::kInt32, &PrepareDivS32),
          Row(kDiv, 2, DataType::kFloat32, &PrepareDivF32),
          Row(kFloorDiv, 3, DataType::kInt8, &PrepareFloorDiv<int8_t>),
          Row(kFloorDiv, 3, DataType::kInt16, &PrepareFloorDiv<int16_t>),
          Row(kFloorDiv, 3, DataType::kInt32, &PrepareFloorDiv<int32_t>),
          Row(kFloorDiv, 3, DataType::kFloat32, &PrepareFloorDivF32),
          Row(kFloorMod, 2, DataType::kInt8, &PrepareFloorMod<int8_t>),
          Row(kFloorMod, 2, DataType::kInt16, &PrepareFloorMod<int16_t>),
          Row(kFloorMod, 2, DataType::kInt32, &PrepareFloorMod<int32_t>),
          Row(kFloorMod, 2, DataType::kInt64, &PrepareFloorMod<int64_t>),
          Row(kFloorMod, 2, DataType::kFloat32, &PrepareFloorModF32),
          Row(BuiltinOp::kPow, 1, DataType::kInt32, &PreparePowS32),
          Row(BuiltinOp::kPow, 1, DataType::kFloat32, &PreparePowF32)};
}

}  // namespace octet::ops
