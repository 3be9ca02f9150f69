// Fixed-point multipliers: the arithmetic of TensorFlow Lite's integer-only kernels, for use
// outside the leaves. engine/NUMERICS.md names the primitives; these are QM, DHM, RS and MB there.
#ifndef OCTET_ENGINE_KERNELS_FIXED_POINT_H_
#define OCTET_ENGINE_KERNELS_FIXED_POINT_H_

#include <cmath>
#include <cstdint>
#include <limits>

namespace octet::kernels {

// A positive real number as multiplier * 2^(exponent - 31), multiplier in [2^30, 2^31), or 0.
struct FixedPointMultiplier {
  int32_t multiplier = 0;
  int32_t exponent = 0;
};

// QM: the nearest such number (ties away from zero). Numbers below 2^-32 become 0. `real` is >= 0
// and below 2^30.
inline FixedPointMultiplier MakeFixedPointMultiplier(double real) {
  if (!(real > 0)) return {};
  int exponent = 0;
  const double fraction = std::frexp(real, &exponent);
  int64_t m = std::llround(fraction * 2147483648.0);
  if (m == int64_t{1} << 31) {
    m /= 2;
    ++exponent;
  }
  if (exponent < -31) return {};
  return {static_cast<int32_t>(m), exponent};
}

// DHM: doubling high half of a product, rounded to nearest, ties towards plus infinity.
inline int32_t DoublingHighMul(int32_t a, int32_t b) {
  if (a == b && a == std::numeric_limits<int32_t>::min()) {
    return std::numeric_limits<int32_t>::max();
  }
  const int64_t product = int64_t{a} * b;
  const int64_t nudge = product >= 0 ? (int64_t{1} << 30) : 1 - (int64_t{1} << 30);
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
}

// RS: x / 2^n for n in [0, 31], ties away from zero.
inline int32_t RoundingShiftRight(int32_t x, int n) {
  const int64_t mask = (int64_t{1} << n) - 1;
  const int64_t remainder = x & mask;
  const int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return static_cast<int32_t>((int64_t{x} >> n) + (remainder > threshold ? 1 : 0));
}

// MB: x times a fixed-point multiplier, two roundings. A left shift wraps, as it does in TensorFlow
// Lite; it never traps.
inline int32_t MultiplyByFixedPoint(int32_t x, FixedPointMultiplier m) {
  const int left = m.exponent > 0 ? m.exponent : 0;
  const int right = m.exponent > 0 ? 0 : -m.exponent;
  const auto shifted = static_cast<int32_t>(static_cast<uint32_t>(x) << left);
  return RoundingShiftRight(DoublingHighMul(shifted, m.multiplier), right);
}

// MBU: like MB, but the second rounding is half up. Some of TensorFlow Lite's builtin kernels.
inline int32_t MultiplyHalfUp(int32_t x, FixedPointMultiplier m) {
  const int left = m.exponent > 0 ? m.exponent : 0;
  const int right = m.exponent > 0 ? 0 : -m.exponent;
  const auto shifted = static_cast<int32_t>(static_cast<uint32_t>(x) << left);
  const int64_t high = DoublingHighMul(shifted, m.multiplier);
  return static_cast<int32_t>((high + ((int64_t{1} << right) >> 1)) >> right);
}

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_FIXED_POINT_H_
