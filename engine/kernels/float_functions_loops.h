// Private to the leaves: the loops of float_rows.h that stay in floats. Everything has internal
// linkage.
#ifndef OCTET_ENGINE_KERNELS_FLOAT_FUNCTIONS_LOOPS_H_
#define OCTET_ENGINE_KERNELS_FLOAT_FUNCTIONS_LOOPS_H_

#include <cstdint>

#include "engine/kernels/float_rows.h"

namespace octet::kernels {
namespace {

// Channels [c, c + kLanes) of all pixels of a run, their sums in registers.
template <int kLanes>
inline void DepthwiseLanes(const DepthwiseF32Run& g, int64_t c) {
  float start[kLanes] = {};
  for (int l = 0; l < kLanes && g.bias != nullptr; ++l) start[l] = g.bias[c + l];
  for (int64_t x = 0; x < g.pixels; ++x) {
    float sum[kLanes];
    for (int l = 0; l < kLanes; ++l) sum[l] = start[l];
    for (int32_t ky = 0; ky < g.tap_rows; ++ky) {
      const float* tap = g.input + x * g.pixel_advance + ky * g.tap_row_stride + c;
      const float* weight = g.weights + ky * g.weight_row_stride + c;
      for (int32_t kx = 0; kx < g.taps_per_row; ++kx) {
        for (int l = 0; l < kLanes; ++l) sum[l] += tap[l] * weight[l];
        tap += g.tap_stride;
        weight += g.channels;
      }
    }
    float* out = g.out + x * g.channels + c;
    for (int l = 0; l < kLanes; ++l) {
      const float above = sum[l] < g.lo ? g.lo : sum[l];
      out[l] = g.hi < above ? g.hi : above;
    }
  }
}

inline void DepthwiseF32Loop(const DepthwiseF32Run* args) {
  const DepthwiseF32Run g = *args;
  int64_t c = 0;
  for (; c + 32 <= g.channels; c += 32) DepthwiseLanes<32>(g, c);
  for (; c + 8 <= g.channels; c += 8) DepthwiseLanes<8>(g, c);
  for (; c < g.channels; ++c) DepthwiseLanes<1>(g, c);
}

// e^x for x <= 0, within two units in the last place: 2^n e^r with |r| <= ln(2)/2, e^r by its
// series. What lies below the smallest normal number is 0.
inline float PowerOfE(float x) {
  const float log2_e = 1.44269504f;
  const float ln2_high = 0.693359375f;  // few bits, so that its product with n is exact
  const float ln2_low = -2.12194440e-4f;
  const float round = 12582912.0f;  // 1.5 * 2^23: adding and taking it away rounds to even
  const float least = -87.0f;
  const float inside = x < least ? least : x;
  const float shifted = inside * log2_e + round;
  const float n = shifted - round;
  const float r = (inside - n * ln2_high) - n * ln2_low;
  float sum = 1.0f / 5040;
  sum = sum * r + 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  sum = sum * r + 0.5f;
  sum = sum * r * r + r + 1.0f;
  // The low bits of `shifted` hold n.
  const int32_t bits = (__builtin_bit_cast(int32_t, shifted) << 23) + (127 << 23);
  return x < least ? 0.0f : sum * __builtin_bit_cast(float, bits);
}

constexpr int kLogisticLanes = 32;

inline void LogisticLanes(const float* in, float* out) {
  float x[kLogisticLanes];
  for (int l = 0; l < kLogisticLanes; ++l) x[l] = in[l];
  for (int l = 0; l < kLogisticLanes; ++l) {
    const float power = PowerOfE(x[l] < 0 ? x[l] : -x[l]);  // on the side that does not overflow
    out[l] = (x[l] < 0 ? power : 1.0f) / (1.0f + power);
  }
}

inline void LogisticLoop(const float* in, float* out, int64_t count) {
  int64_t i = 0;
  for (; i + kLogisticLanes <= count; i += kLogisticLanes) LogisticLanes(in + i, out + i);
  if (i == count) return;
  float rest[kLogisticLanes] = {};
  for (int64_t l = 0; i + l < count; ++l) rest[l] = in[i + l];
  LogisticLanes(rest, rest);
  for (int64_t l = 0; i + l < count; ++l) out[i + l] = rest[l];
}

}  // namespace
}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_FLOAT_FUNCTIONS_LOOPS_H_
