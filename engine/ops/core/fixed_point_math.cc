#include "engine/ops/core/fixed_point_math.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/kernels/fixed_point.h"

namespace octet::ops {
namespace {

using kernels::DoublingHighMul;
using kernels::RoundingShiftRight;

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
constexpr int32_t kMin = std::numeric_limits<int32_t>::min();

int32_t WrapAdd(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

int32_t ShiftLeftSaturating(int32_t x, int n) {
  const int64_t wide = static_cast<int64_t>(x) * (int64_t{1} << n);
  return static_cast<int32_t>(std::clamp<int64_t>(wide, kMin, kMax));
}

}  // namespace

int32_t ExpNegative(int32_t a) {
  if (a == 0) return kMax;
  // a = r - rem with r in [-1/4, 0): a polynomial for r, one factor for each bit of rem.
  constexpr int32_t kQuarter = 1 << 24;
  const int32_t r = (a & (kQuarter - 1)) - kQuarter;
  const int32_t x = WrapAdd(ShiftLeftSaturating(r, 5), 1 << 28);
  const int32_t x2 = DoublingHighMul(x, x);
  const int32_t x3 = DoublingHighMul(x2, x);
  const int32_t x4 = RoundingShiftRight(DoublingHighMul(x2, x2), 2);
  const int32_t tail =
      RoundingShiftRight(WrapAdd(DoublingHighMul(WrapAdd(x4, x3), 715827883), x2), 1);
  constexpr int32_t kExpMinusEighth = 1895147668;
  int32_t y = WrapAdd(kExpMinusEighth, DoublingHighMul(kExpMinusEighth, WrapAdd(x, tail)));
  // 2^31 * exp(-2^(k - 26)) for k = 24..30.
  constexpr int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308,
                                  39332535,   720401,     242};
  const uint32_t rem = static_cast<uint32_t>(r) - static_cast<uint32_t>(a);
  for (int k = 24; k <= 30; ++k) {
    if ((rem >> k) & 1) y = DoublingHighMul(y, kFactors[k - 24]);
  }
  return y;
}

int32_t ReciprocalOnePlus(int32_t a) {
  // Newton's iteration on d = (1 + a) / 2, from the linear start 48/17 - 32/17 d.
  const int64_t sum = int64_t{a} + kMax;
  const auto half = static_cast<int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
  int32_t x = WrapAdd(1515870810, DoublingHighMul(half, -1010580540));
  for (int i = 0; i < 3; ++i) {
    const int32_t error = WrapAdd(1 << 29, -DoublingHighMul(half, x));
    x = WrapAdd(x, ShiftLeftSaturating(DoublingHighMul(x, error), 2));
  }
  return ShiftLeftSaturating(x, 1);
}

int32_t LogAboveOne(int32_t total) {
  // total = r * 2^p with r about 1, from two candidates; then Pade's quotient for log(r).
  constexpr int32_t kRootOfHalf = 1518500250;
  const int zeros = std::countl_zero(static_cast<uint32_t>(total));
  const auto normalized = static_cast<int32_t>(static_cast<uint32_t>(total) << (zeros - 1));
  const int32_t ra = ShiftLeftSaturating(DoublingHighMul(normalized, kRootOfHalf), 1);
  const int32_t pa = WrapAdd(ShiftLeftSaturating(12 - zeros, 25), 1 << 23);
  const int narrowed =
      std::countl_zero(static_cast<uint32_t>(DoublingHighMul(total, kRootOfHalf))) - 1;
  const int32_t rb = ShiftLeftSaturating(total, narrowed);
  const int32_t pb = WrapAdd(ShiftLeftSaturating(12 - narrowed, 25), -(1 << 23));
  const int32_t r = std::min(ra, rb);
  const int32_t p = std::max(pa, pb);

  constexpr int32_t kRootOfRootOfHalf = 1805811301;
  const int64_t sum = int64_t{r} + kRootOfRootOfHalf;
  const auto u = static_cast<int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
  const auto q = static_cast<int32_t>(2 * (static_cast<int64_t>(r) - kRootOfRootOfHalf));
  const int32_t w = DoublingHighMul(q, q);
  const int32_t numerator =
      WrapAdd(DoublingHighMul(q, r), DoublingHighMul(DoublingHighMul(q, w), 117049297));
  const int32_t inner = WrapAdd(WrapAdd(1057819769, q), DoublingHighMul(127690142, w));
  const int32_t denominator = WrapAdd(DoublingHighMul(u, inner), DoublingHighMul(638450708, q));
  const int32_t fraction =
      DoublingHighMul(RoundingShiftRight(numerator, 6), ReciprocalOnePlus(denominator));
  return ShiftLeftSaturating(WrapAdd(DoublingHighMul(p, 1488522236), fraction), 1);
}

}  // namespace octet::ops
