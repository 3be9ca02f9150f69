// Private to the AVX2 leaf: the epilogues on eight columns at once. Everything has internal
// linkage, so that no other object can be given code that needs AVX2.
#ifndef OCTET_ENGINE_KERNELS_AVX2_EPILOGUE_H_
#define OCTET_ENGINE_KERNELS_AVX2_EPILOGUE_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/requantize.h"

namespace octet::kernels {

static inline __m256i Load8(const int32_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

// DHM: (x * multiplier + 2^30) >> 31, of which the low 32 bits are kept.
static inline __m256i DoublingHighMul8(__m256i x, __m256i multiplier) {
  const __m256i nudge = _mm256_set1_epi64x(int64_t{1} << 30);
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, multiplier), nudge);
  const __m256i odd = _mm256_add_epi64(
      _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(multiplier, 32)), nudge);
  return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}

static inline __m256i ScaleFixedPoint8(__m256i acc, const EpilogueArgs& e, int64_t c) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i one = _mm256_set1_epi32(1);
  const __m256i exponent = Load8(e.exponent + c);
  const __m256i left = _mm256_max_epi32(exponent, zero);
  const __m256i right = _mm256_max_epi32(_mm256_sub_epi32(zero, exponent), zero);
  const __m256i high = DoublingHighMul8(_mm256_sllv_epi32(acc, left), Load8(e.multiplier + c));
  const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
  const __m256i threshold =
      _mm256_add_epi32(_mm256_srli_epi32(mask, 1), _mm256_srli_epi32(high, 31));
  const __m256i round_up = _mm256_cmpgt_epi32(_mm256_and_si256(high, mask), threshold);
  return _mm256_sub_epi32(_mm256_srav_epi32(high, right), round_up);
}

// Bounds are integers, so clamping before rounding gives what clamping after it would, and nothing
// is left that could overflow.
static inline __m256i ScaleFloat32x8(__m256i acc, const EpilogueArgs& e, int64_t c) {
  const __m256 lo = _mm256_set1_ps(static_cast<float>(e.lo - e.zero_point));
  const __m256 hi = _mm256_set1_ps(static_cast<float>(e.hi - e.zero_point));
  const __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(acc), _mm256_loadu_ps(e.scale + c));
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(product, lo), hi));
}

static inline __m128i ScaleFloat64x4(__m128i acc, const EpilogueArgs& e, int64_t c) {
  const __m256d lo = _mm256_set1_pd(e.lo - e.zero_point);
  const __m256d hi = _mm256_set1_pd(e.hi - e.zero_point);
  const __m256d sign = _mm256_set1_pd(-0.0);
  const __m256d product = _mm256_mul_pd(_mm256_cvtepi32_pd(acc), _mm256_loadu_pd(e.scale64 + c));
  const __m256d value = _mm256_min_pd(_mm256_max_pd(product, lo), hi);
  const __m256d whole = _mm256_round_pd(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m256d rest = _mm256_andnot_pd(sign, _mm256_sub_pd(value, whole));
  const __m256d step = _mm256_or_pd(_mm256_and_pd(value, sign), _mm256_set1_pd(1.0));
  const __m256d away = _mm256_and_pd(_mm256_cmp_pd(rest, _mm256_set1_pd(0.5), _CMP_GE_OQ), step);
  return _mm256_cvttpd_epi32(_mm256_add_pd(whole, away));
}

// Codes of the eight columns from c, as int32 in [lo, hi].
template <int kKind>
static inline __m256i Requantize8(__m256i acc, const EpilogueArgs& e, int64_t c) {
  __m256i scaled;
  if constexpr (kKind == kEpilogueFixedPoint) {
    const __m256i lo = _mm256_set1_epi32(e.lo - e.zero_point);
    const __m256i hi = _mm256_set1_epi32(e.hi - e.zero_point);
    scaled = _mm256_min_epi32(_mm256_max_epi32(ScaleFixedPoint8(acc, e, c), lo), hi);
  } else if constexpr (kKind == kEpilogueFloat32) {
    scaled = ScaleFloat32x8(acc, e, c);
  } else {
    scaled = _mm256_set_m128i(ScaleFloat64x4(_mm256_extracti128_si256(acc, 1), e, c + 4),
                              ScaleFloat64x4(_mm256_castsi256_si128(acc), e, c));
  }
  return _mm256_add_epi32(scaled, _mm256_set1_epi32(e.zero_point));
}

// Stores the first `count` (1 to 16) of sixteen accumulators that belong to the columns from c.
template <int kKind>
static inline void StoreColumns16(__m256i acc0, __m256i acc1, const EpilogueArgs& e, int64_t c,
                                  int count, void* out, int64_t index) {
  if constexpr (kKind == kEpilogueInt32) {
    int32_t* sums = static_cast<int32_t*>(out) + index;
    alignas(32) int32_t buffer[16];
    int32_t* target = count == 16 ? sums : buffer;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target), acc0);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target + 8), acc1);
    if (count < 16) {
      for (int j = 0; j < count; ++j) sums[j] = buffer[j];
    }
  } else {
    int8_t* codes = static_cast<int8_t*>(out) + index;
    const __m256i words = _mm256_permute4x64_epi64(
        _mm256_packs_epi32(Requantize8<kKind>(acc0, e, c), Requantize8<kKind>(acc1, e, c + 8)),
        0xd8);
    const __m128i bytes =
        _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    if (count == 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(codes), bytes);
      return;
    }
    alignas(16) int8_t buffer[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(buffer), bytes);
    for (int j = 0; j < count; ++j) codes[j] = buffer[j];
  }
}

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_AVX2_EPILOGUE_H_
