#include "engine/ops/elementwise/sigmoid_16.h"

#include <algorithm>
#include <cmath>

#include "engine/kernels/fixed_point.h"
#include "engine/ops/elementwise/arithmetic.h"

namespace octet::ops {
namespace {

// DHM of 16 bits.
int16_t HighMul16(int32_t a, int32_t b) {
  const int32_t product = a * b;
  const int32_t nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
  return static_cast<int16_t>(std::min((product + nudge) / (1 << 15), 32767));
}

int16_t SaturatingShiftLeft16(int32_t x, int n) { return CutTo<int16_t>(int64_t{x} << n); }

int16_t Wrap16(int32_t x) { return static_cast<int16_t>(x); }

// A constant in Q.31, narrowed to Q.15.
int16_t Narrow(int32_t constant) {
  return static_cast<int16_t>(kernels::RoundingShiftRight(constant, 16));
}

// exp(a) in Q0.15 for a <= 0 with `integer_bits` integer bits.
int16_t ExpNegative16(int32_t a, int integer_bits) {
  if (a == 0) return 32767;
  struct Factor {
    int exponent;
    int32_t value;  // 2^31 exp(-2^exponent)
  };
  constexpr Factor kFactors[] = {{-2, 1672461947}, {-1, 1302514674}, {0, 790015084}, {1, 290630308},
                                 {2, 39332535},    {3, 720401},      {4, 242}};
  const int fraction_bits = 15 - integer_bits;
  const int32_t quarter = 1 << (fraction_bits - 2);
  const int32_t rest = (a & (quarter - 1)) - quarter;
  // A Taylor series around -1/8.
  const int16_t x = Wrap16(SaturatingShiftLeft16(rest, integer_bits) + (1 << 12));
  const int16_t x2 = HighMul16(x, x);
  const int16_t x3 = HighMul16(x2, x);
  const int32_t x4 = kernels::RoundingShiftRight(HighMul16(x2, x2), 2);
  const int16_t third = HighMul16(Wrap16(x4 + x3), Narrow(715827883));
  const int32_t tail = kernels::RoundingShiftRight(Wrap16(third + x2), 1);
  const int16_t at = Narrow(1895147668);
  auto y = CutTo<int16_t>(at + HighMul16(at, Wrap16(x + tail)));
  const int32_t remainder = rest - a;
  for (const Factor& factor : kFactors) {
    if (integer_bits > factor.exponent &&
        (remainder & (1 << (fraction_bits + factor.exponent))) != 0) {
      y = HighMul16(y, Narrow(factor.value));
    }
  }
  return y;
}

// 1 / (1 + a) in Q1.14 for a in Q0.15.
int16_t Reciprocal16(int16_t a) {
  const int32_t half = (a + 32767 + 1) / 2;
  int16_t x = Wrap16(Narrow(1515870810) + HighMul16(half, Narrow(-1010580540)));
  for (int i = 0; i < 3; ++i) {
    const int16_t error = Wrap16((1 << 13) - HighMul16(half, x));
    x = Wrap16(x + SaturatingShiftLeft16(HighMul16(x, error), 2));
  }
  return x;
}

}  // namespace

int16_t LogisticQ3(int16_t a) {
  if (a == 0) return 1 << 14;
  const int16_t value = SaturatingShiftLeft16(Reciprocal16(ExpNegative16(-std::abs(a), 3)), 1);
  return a > 0 ? value : static_cast<int16_t>(32767 - value);
}

int16_t TanhFixed(int16_t a, int integer_bits) {
  if (a == 0) return 0;
  // exp(-2|a|): the same bits, read with one more integer bit.
  const int16_t power = ExpNegative16(-std::abs(a), integer_bits + 1);
  const int16_t value = SaturatingShiftLeft16(Reciprocal16(power) - (1 << 13), 2);
  return a > 0 ? value : static_cast<int16_t>(-value);
}

std::array<uint16_t, 256> BuildLogisticSamples() {
  const auto at = [](double k) { return 65536.0 / (1.0 + std::exp(-k / 24.0)); };
  std::array<uint16_t, 256> samples;
  for (int i = 0; i < 255; ++i) {
    const double error = at(i + 0.5) - (at(i) + at(i + 1)) / 2;
    samples[i] = static_cast<uint16_t>(std::floor(at(i) + error / 2 + 0.5));
  }
  samples[255] = 65535;
  return samples;
}

}  // namespace octet::ops
