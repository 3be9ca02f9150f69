// Private to the scalar leaf: the epilogues, one accumulator at a time. Everything has internal
// linkage.
#ifndef OCTET_ENGINE_KERNELS_SCALAR_EPILOGUE_H_
#define OCTET_ENGINE_KERNELS_SCALAR_EPILOGUE_H_

#include <cstdint>

#include "engine/kernels/requantize.h"

namespace octet::kernels {

static inline int32_t Clamp(int32_t value, int32_t lo, int32_t hi) {
  return value < lo ? lo : value > hi ? hi : value;
}

static inline int32_t ScaleFixedPoint(int32_t acc, int32_t multiplier, int32_t exponent) {
  const int left = exponent > 0 ? exponent : 0;
  const int right = exponent > 0 ? 0 : -exponent;
  const int32_t shifted = static_cast<int32_t>(static_cast<uint32_t>(acc) << left);
  // Truncation with a nudge by sign equals a floor: the multiplier is never negative.
  const int64_t product = int64_t{shifted} * multiplier;
  const int32_t high = static_cast<int32_t>((product + (int64_t{1} << 30)) >> 31);
  const int32_t mask = static_cast<int32_t>((uint32_t{1} << right) - 1);
  const int32_t threshold = (mask >> 1) + (high < 0 ? 1 : 0);
  return (high >> right) + ((high & mask) > threshold ? 1 : 0);
}

// Adding and subtracting 1.5 * 2^23 (or 2^52) leaves the nearest integer, ties to even, of any
// number below 2^22 (2^51): what clamping to lo - zero_point and hi - zero_point made sure of.
static inline int32_t ScaleFloat32(int32_t acc, float scale, int32_t lo, int32_t hi) {
  float value = static_cast<float>(acc) * scale;
  const float low = static_cast<float>(lo), high = static_cast<float>(hi);
  value = value < low ? low : value;
  value = value > high ? high : value;
  return static_cast<int32_t>((value + 12582912.0f) - 12582912.0f);
}

static inline int32_t ScaleFloat64(int32_t acc, double scale, int32_t lo, int32_t hi) {
  double value = static_cast<double>(acc) * scale;
  value = value < lo ? lo : value;
  value = value > hi ? hi : value;
  const int32_t whole = static_cast<int32_t>(value);
  const double rest = value - whole;
  return whole + (rest >= 0.5 ? 1 : rest <= -0.5 ? -1 : 0);
}

// Stores `count` accumulators that start at column c; `out` is the place of the first.
static inline void StoreColumns(const uint32_t* acc, int64_t c, int count, const EpilogueArgs& e,
                                void* out, int64_t index) {
  if (e.kind == kEpilogueInt32) {
    for (int j = 0; j < count; ++j) {
      static_cast<int32_t*>(out)[index + j] = static_cast<int32_t>(acc[j]);
    }
    return;
  }
  const int32_t lo = e.lo - e.zero_point, hi = e.hi - e.zero_point;
  int8_t* codes = static_cast<int8_t*>(out) + index;
  for (int j = 0; j < count; ++j) {
    const int32_t a = static_cast<int32_t>(acc[j]);
    int32_t scaled = 0;
    if (e.kind == kEpilogueFixedPoint) {
      scaled = Clamp(ScaleFixedPoint(a, e.multiplier[c + j], e.exponent[c + j]), lo, hi);
    } else if (e.kind == kEpilogueFloat32) {
      scaled = ScaleFloat32(a, e.scale[c + j], lo, hi);
    } else {
      scaled = ScaleFloat64(a, e.scale64[c + j], lo, hi);
    }
    codes[j] = static_cast<int8_t>(scaled + e.zero_point);
  }
}

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_SCALAR_EPILOGUE_H_
