// Private to the leaves that requantize with AVX2: the epilogues on eight columns at once.
// Everything has internal linkage, so that no other object can be given code that needs AVX2.
#ifndef OCTET_ENGINE_KERNELS_AVX2_EPILOGUE_H_
#define OCTET_ENGINE_KERNELS_AVX2_EPILOGUE_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/requantize.h"

namespace octet::kernels {
namespace {

inline __m256i Load8(const int32_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

// Eight neighbouring columns from `p` on.
struct Contiguous8 {
  static __m256i Load(const int32_t* p) { return Load8(p); }
  static __m256 Load(const float* p) { return _mm256_loadu_ps(p); }
  static __m256d Load(const double* p, int half) { return _mm256_loadu_pd(p + half * 4); }
};

// Four columns from each of p and p + 16 on.
struct Quads8 {
  static __m256i Load(const int32_t* p) {
    return _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(p + 16),
                               reinterpret_cast<const __m128i*>(p));
  }
  static __m256 Load(const float* p) { return _mm256_loadu2_m128(p + 16, p); }
  static __m256d Load(const double* p, int half) { return _mm256_loadu_pd(p + half * 16); }
};

// Parameters of eight columns; only those of the epilogue's kind are set.
struct Columns8 {
  __m256i multiplier;
  __m256i exponent;
  __m256 scale;
  __m256d scale64[2];
};

template <int kKind, typename Order>
inline Columns8 LoadColumns8(const EpilogueArgs& e, int64_t c) {
  Columns8 p = {};
  if constexpr (kKind == kEpilogueFixedPoint) {
    p.multiplier = Order::Load(e.multiplier + c);
    p.exponent = Order::Load(e.exponent + c);
  } else if constexpr (kKind == kEpilogueFloat32) {
    p.scale = Order::Load(e.scale + c);
  } else if constexpr (kKind == kEpilogueFloat64) {
    p.scale64[0] = Order::Load(e.scale64 + c, 0);
    p.scale64[1] = Order::Load(e.scale64 + c, 1);
  }
  return p;
}

// DHM: (x * multiplier + 2^30) >> 31, of which the low 32 bits are kept.
inline __m256i DoublingHighMul8(__m256i x, __m256i multiplier) {
  const __m256i nudge = _mm256_set1_epi64x(int64_t{1} << 30);
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, multiplier), nudge);
  const __m256i odd = _mm256_add_epi64(
      _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(multiplier, 32)), nudge);
  return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}

inline __m256i ScaleFixedPoint8(__m256i acc, const Columns8& p) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i one = _mm256_set1_epi32(1);
  const __m256i left = _mm256_max_epi32(p.exponent, zero);
  const __m256i right = _mm256_max_epi32(_mm256_sub_epi32(zero, p.exponent), zero);
  const __m256i high = DoublingHighMul8(_mm256_sllv_epi32(acc, left), p.multiplier);
  const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
  const __m256i threshold =
      _mm256_add_epi32(_mm256_srli_epi32(mask, 1), _mm256_srli_epi32(high, 31));
  const __m256i round_up = _mm256_cmpgt_epi32(_mm256_and_si256(high, mask), threshold);
  return _mm256_sub_epi32(_mm256_srav_epi32(high, right), round_up);
}

// Bounds are integers, so clamping before rounding gives what clamping after it would, and nothing
// is left that could overflow.
inline __m256i ScaleFloat32x8(__m256i acc, const Columns8& p, const EpilogueArgs& e) {
  const __m256 lo = _mm256_set1_ps(static_cast<float>(e.lo - e.zero_point));
  const __m256 hi = _mm256_set1_ps(static_cast<float>(e.hi - e.zero_point));
  const __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(acc), p.scale);
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(product, lo), hi));
}

inline __m128i ScaleFloat64x4(__m128i acc, __m256d scale, const EpilogueArgs& e) {
  const __m256d lo = _mm256_set1_pd(e.lo - e.zero_point);
  const __m256d hi = _mm256_set1_pd(e.hi - e.zero_point);
  const __m256d sign = _mm256_set1_pd(-0.0);
  const __m256d product = _mm256_mul_pd(_mm256_cvtepi32_pd(acc), scale);
  const __m256d value = _mm256_min_pd(_mm256_max_pd(product, lo), hi);
  const __m256d whole = _mm256_round_pd(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m256d rest = _mm256_andnot_pd(sign, _mm256_sub_pd(value, whole));
  const __m256d step = _mm256_or_pd(_mm256_and_pd(value, sign), _mm256_set1_pd(1.0));
  const __m256d away = _mm256_and_pd(_mm256_cmp_pd(rest, _mm256_set1_pd(0.5), _CMP_GE_OQ), step);
  return _mm256_cvttpd_epi32(_mm256_add_pd(whole, away));
}

// Codes of eight columns, as int32 in [lo, hi].
template <int kKind>
inline __m256i Requantize8(__m256i acc, const Columns8& p, const EpilogueArgs& e) {
  __m256i scaled;
  if constexpr (kKind == kEpilogueFixedPoint) {
    const __m256i lo = _mm256_set1_epi32(e.lo - e.zero_point);
    const __m256i hi = _mm256_set1_epi32(e.hi - e.zero_point);
    scaled = _mm256_min_epi32(_mm256_max_epi32(ScaleFixedPoint8(acc, p), lo), hi);
  } else if constexpr (kKind == kEpilogueFloat32) {
    scaled = ScaleFloat32x8(acc, p, e);
  } else {
    scaled = _mm256_set_m128i(ScaleFloat64x4(_mm256_extracti128_si256(acc, 1), p.scale64[1], e),
                              ScaleFloat64x4(_mm256_castsi256_si128(acc), p.scale64[0], e));
  }
  return _mm256_add_epi32(scaled, _mm256_set1_epi32(e.zero_point));
}

// Stores the first `count` (1 to 16) of sixteen accumulators that belong to the columns from c.
template <int kKind>
inline void StoreColumns16(__m256i acc0, __m256i acc1, const EpilogueArgs& e, int64_t c, int count,
                           void* out, int64_t index) {
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
        _mm256_packs_epi32(Requantize8<kKind>(acc0, LoadColumns8<kKind, Contiguous8>(e, c), e),
                           Requantize8<kKind>(acc1, LoadColumns8<kKind, Contiguous8>(e, c + 8), e)),
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

}  // namespace
}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_AVX2_EPILOGUE_H_
