#include "engine/kernels/reference/reference.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace octet::kernels::reference {
namespace {

constexpr int64_t kMin32 = std::numeric_limits<int32_t>::min();
constexpr int64_t kMax32 = std::numeric_limits<int32_t>::max();

// DHM of engine/NUMERICS.md; division truncates.
int64_t DoublingHighMul(int32_t a, int32_t b) {
  if (a == kMin32 && b == kMin32) return kMax32;
  const int64_t product = int64_t{a} * b;
  const int64_t nudge = product >= 0 ? (int64_t{1} << 30) : 1 - (int64_t{1} << 30);
  return (product + nudge) / (int64_t{1} << 31);
}

// RS of engine/NUMERICS.md: the magnitude rounds half up.
int64_t RoundingShiftRight(int64_t x, int n) {
  if (n == 0) return x;
  const int64_t rounded = (std::abs(x) + (int64_t{1} << (n - 1))) >> n;
  return x < 0 ? -rounded : rounded;
}

int64_t FixedPoint(int32_t acc, int32_t multiplier, int32_t exponent) {
  const int left = std::max(exponent, 0);
  const int right = std::max(-exponent, 0);
  // The left shift drops high bits.
  const auto shifted = static_cast<int32_t>(static_cast<uint32_t>(acc) << left);
  return RoundingShiftRight(DoublingHighMul(shifted, multiplier), right);
}

int64_t ToInt32Range(double rounded) {
  return static_cast<int64_t>(
      std::clamp(rounded, static_cast<double>(kMin32), static_cast<double>(kMax32)));
}

void Store(int64_t sum, int64_t c, const EpilogueArgs& epilogue, void* out, int64_t index) {
  if (sum < kMin32 || sum > kMax32) std::abort();  // the test's data break the contract
  const int32_t value = Requantize(static_cast<int32_t>(sum), c, epilogue);
  if (epilogue.kind == kEpilogueInt32) {
    static_cast<int32_t*>(out)[index] = value;
  } else {
    static_cast<int8_t*>(out)[index] = static_cast<int8_t>(value);
  }
}

}  // namespace

int32_t Requantize(int32_t acc, int64_t c, const EpilogueArgs& e) {
  int64_t scaled = 0;
  switch (e.kind) {
    case kEpilogueInt32:
      return acc;
    case kEpilogueFixedPoint:
      scaled = FixedPoint(acc, e.multiplier[c], e.exponent[c]);
      break;
    case kEpilogueFloat32:
      scaled = ToInt32Range(std::rint(static_cast<float>(acc) * e.scale[c]));
      break;
    case kEpilogueFloat64:
      scaled = ToInt32Range(std::round(static_cast<double>(acc) * e.scale64[c]));
      break;
    default:
      std::abort();
  }
  const int64_t code = std::clamp(scaled + e.zero_point, kMin32, kMax32);
  return static_cast<int32_t>(std::clamp<int64_t>(code, e.lo, e.hi));
}

void GemmS8(const GemmS8Problem& p) {
  const int64_t k = int64_t{p.segments} * p.segment_length;
  for (int64_t m = 0; m < p.m; ++m) {
    for (int64_t n = 0; n < p.n; ++n) {
      int64_t sum = p.bias != nullptr ? p.bias[n] : 0;
      for (int64_t s = 0; s < p.segments; ++s) {
        for (int64_t i = 0; i < p.segment_length; ++i) {
          const int64_t a = p.a[m * p.a_row_stride + s * p.a_segment_stride + i];
          sum += (a - p.input_zero_point) * p.weights[n * k + s * p.segment_length + i];
        }
      }
      Store(sum, n, p.epilogue, p.out, m * p.out_row_stride + n);
    }
  }
}

void DepthwiseS8(const DepthwiseS8Problem& p) {
  for (int64_t x = 0; x < p.pixels; ++x) {
    for (int64_t c = 0; c < p.channels; ++c) {
      int64_t sum = p.bias != nullptr ? p.bias[c] : 0;
      for (int64_t t = 0; t < p.tap_count; ++t) {
        const int64_t a = p.taps[x * p.tap_step + t][c + x * p.tap_advance];
        sum += (a - p.input_zero_point) * p.weights[t * p.channels + c];
      }
      Store(sum, c, p.epilogue, p.out, x * p.out_pixel_stride + c);
    }
  }
}

}  // namespace octet::kernels::reference
