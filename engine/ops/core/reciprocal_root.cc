#include "engine/ops/core/reciprocal_root.h"

#include <algorithm>
#include <bit>

#include "engine/ops/elementwise/arithmetic.h"

namespace octet::ops {
namespace {

using kernels::DoublingHighMul;

int32_t SaturatingShiftLeft(int32_t x, int n) { return CutTo<int32_t>(int64_t{x} << n); }

}  // namespace

kernels::FixedPointMultiplier ReciprocalRootMultiplier(int32_t n) {
  if (n <= 1) return {std::numeric_limits<int32_t>::max(), 0};
  constexpr int32_t kOneAndHalf = 402653184;   // Q3.28
  constexpr int32_t kRootOfHalf = 1518500250;  // Q0.31
  int shift = 11;
  while (n >= 1 << 29) {
    n /= 4;
    ++shift;
  }
  const int pairs = (std::countl_zero(static_cast<uint32_t>(n)) - 1) / 2 - 1;
  shift -= pairs;
  n <<= 2 * pairs;
  const int32_t half = kernels::RoundingShiftRight(n >> 1, 1);
  int32_t x = 1 << 28;
  // Newton's steps: x (3 - n x^2) / 2.
  for (int i = 0; i < 5; ++i) {
    const int32_t cube = SaturatingShiftLeft(DoublingHighMul(DoublingHighMul(x, x), x), 6);
    x = SaturatingShiftLeft(
        WrappingSub(DoublingHighMul(kOneAndHalf, x), DoublingHighMul(half, cube)), 3);
  }
  x = DoublingHighMul(x, kRootOfHalf);
  if (shift < 0) return {WrappingShiftLeft(x, -shift), 0};
  return {x, -shift};
}

int32_t ScaledReciprocalRoot(int32_t n, kernels::FixedPointMultiplier scale) {
  constexpr int kFraction = 20;
  kernels::FixedPointMultiplier root = ReciprocalRootMultiplier(n);
  root.exponent += kFraction;
  scale.exponent -= kFraction;
  if (scale.exponent < -31) return 0;
  return kernels::MultiplyByFixedPoint(kernels::MultiplyByFixedPoint(1, root), scale);
}

}  // namespace octet::ops
