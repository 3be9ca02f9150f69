// Private to the NEON leaves: the epilogues on four columns at once. Everything has internal
// linkage.
#ifndef OCTET_ENGINE_KERNELS_NEON_EPILOGUE_H_
#define OCTET_ENGINE_KERNELS_NEON_EPILOGUE_H_

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/requantize.h"

namespace octet::kernels {

// RS: the magnitude rounds half up, and so ties go away from zero.
static inline int32x4_t RoundingShiftRight4(int32x4_t x, int32x4_t right) {
  const int32x4_t sign = vshrq_n_s32(x, 31);
  const uint32x4_t magnitude = vreinterpretq_u32_s32(vsubq_s32(veorq_s32(x, sign), sign));
  const int32x4_t rounded = vreinterpretq_s32_u32(vrshlq_u32(magnitude, vnegq_s32(right)));
  return vsubq_s32(veorq_s32(rounded, sign), sign);
}

static inline int32x4_t ScaleFixedPoint4(int32x4_t acc, const EpilogueArgs& e, int64_t c) {
  const int32x4_t zero = vdupq_n_s32(0);
  const int32x4_t exponent = vld1q_s32(e.exponent + c);
  const int32x4_t left = vmaxq_s32(exponent, zero);
  const int32x4_t right = vmaxq_s32(vnegq_s32(exponent), zero);
  const int32x4_t high = vqrdmulhq_s32(vshlq_s32(acc, left), vld1q_s32(e.multiplier + c));
  return RoundingShiftRight4(high, right);
}

// Bounds are integers, so clamping before rounding gives what clamping after it would, and nothing
// is left that could overflow.
static inline int32x4_t ScaleFloat32x4(int32x4_t acc, const EpilogueArgs& e, int64_t c) {
  const float32x4_t lo = vdupq_n_f32(static_cast<float>(e.lo - e.zero_point));
  const float32x4_t hi = vdupq_n_f32(static_cast<float>(e.hi - e.zero_point));
  const float32x4_t product = vmulq_f32(vcvtq_f32_s32(acc), vld1q_f32(e.scale + c));
  return vcvtnq_s32_f32(vminq_f32(vmaxq_f32(product, lo), hi));
}

static inline int32x2_t ScaleFloat64x2(int32x2_t acc, const EpilogueArgs& e, int64_t c) {
  const float64x2_t lo = vdupq_n_f64(e.lo - e.zero_point);
  const float64x2_t hi = vdupq_n_f64(e.hi - e.zero_point);
  const float64x2_t product = vmulq_f64(vcvtq_f64_s64(vmovl_s32(acc)), vld1q_f64(e.scale64 + c));
  return vmovn_s64(vcvtaq_s64_f64(vminq_f64(vmaxq_f64(product, lo), hi)));
}

// Codes of the four columns from c, as int32 in [lo, hi].
template <int kKind>
static inline int32x4_t Requantize4(int32x4_t acc, const EpilogueArgs& e, int64_t c) {
  int32x4_t scaled;
  if constexpr (kKind == kEpilogueFixedPoint) {
    const int32x4_t lo = vdupq_n_s32(e.lo - e.zero_point);
    const int32x4_t hi = vdupq_n_s32(e.hi - e.zero_point);
    scaled = vminq_s32(vmaxq_s32(ScaleFixedPoint4(acc, e, c), lo), hi);
  } else if constexpr (kKind == kEpilogueFloat32) {
    scaled = ScaleFloat32x4(acc, e, c);
  } else {
    scaled = vcombine_s32(ScaleFloat64x2(vget_low_s32(acc), e, c),
                          ScaleFloat64x2(vget_high_s32(acc), e, c + 2));
  }
  return vaddq_s32(scaled, vdupq_n_s32(e.zero_point));
}

// Codes of the eight columns from c.
template <int kKind>
static inline int8x8_t Requantize8(int32x4_t acc0, int32x4_t acc1, const EpilogueArgs& e,
                                   int64_t c) {
  return vmovn_s16(vcombine_s16(vmovn_s32(Requantize4<kKind>(acc0, e, c)),
                                vmovn_s32(Requantize4<kKind>(acc1, e, c + 4))));
}

// The first `count` (1 to 4) of four accumulators as they are.
static inline void StoreSums4(int32x4_t acc, int count, int32_t* sums) {
  if (count == 4) return vst1q_s32(sums, acc);
  int32_t buffer[4];
  vst1q_s32(buffer, acc);
  for (int j = 0; j < count; ++j) sums[j] = buffer[j];
}

// The first `count` (1 to 8) of eight codes.
static inline void StoreCodes8(int8x8_t bytes, int count, int8_t* codes) {
  if (count == 8) return vst1_s8(codes, bytes);
  int8_t buffer[8];
  vst1_s8(buffer, bytes);
  for (int j = 0; j < count; ++j) codes[j] = buffer[j];
}

// Stores the first `count` (1 to 4) of four accumulators that belong to the columns from c, as
// sums or as codes.
template <int kKind>
static inline void StoreColumns4(int32x4_t acc, const EpilogueArgs& e, int64_t c, int count,
                                 void* out, int64_t index) {
  if constexpr (kKind == kEpilogueInt32) {
    StoreSums4(acc, count, static_cast<int32_t*>(out) + index);
  } else {
    int8_t* codes = static_cast<int8_t*>(out) + index;
    const int16x4_t words = vmovn_s32(Requantize4<kKind>(acc, e, c));
    const int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
    if (count < 4) return StoreCodes8(bytes, count, codes);
    const int32_t four = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
    __builtin_memcpy(codes, &four, sizeof(four));
  }
}

// The same for the first `count` (1 to 8) of eight.
template <int kKind>
static inline void StoreColumns8(int32x4_t acc0, int32x4_t acc1, const EpilogueArgs& e, int64_t c,
                                 int count, void* out, int64_t index) {
  if constexpr (kKind == kEpilogueInt32) {
    int32_t* sums = static_cast<int32_t*>(out) + index;
    StoreSums4(acc0, count < 4 ? count : 4, sums);
    if (count > 4) StoreSums4(acc1, count - 4, sums + 4);
  } else {
    StoreCodes8(Requantize8<kKind>(acc0, acc1, e, c), count, static_cast<int8_t*>(out) + index);
  }
}

// The same for the first `count` (1 to 16) of sixteen.
template <int kKind>
static inline void StoreColumns16(const int32x4_t (&acc)[4], const EpilogueArgs& e, int64_t c,
                                  int count, void* out, int64_t index) {
  StoreColumns8<kKind>(acc[0], acc[1], e, c, count < 8 ? count : 8, out, index);
  if (count > 8) StoreColumns8<kKind>(acc[2], acc[3], e, c + 8, count - 8, out, index + 8);
}

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_NEON_EPILOGUE_H_
