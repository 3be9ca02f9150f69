// Private to the leaves that have VPDPBUSD: 32 channels of a depthwise convolution in registers of
// 256 bits, for depthwise_tile.h. Everything has internal linkage.
#ifndef OCTET_ENGINE_KERNELS_AVXVNNI_DEPTHWISE_YMM_H_
#define OCTET_ENGINE_KERNELS_AVXVNNI_DEPTHWISE_YMM_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/avx2/epilogue.h"

namespace octet::kernels {
namespace {

// acc + codes * weights over groups of four bytes, in the encoding that the leaf is compiled for.
inline __m256i DotBytes(__m256i acc, __m256i codes, __m256i weights) {
#ifdef __AVX512VNNI__
  return _mm256_dpbusd_epi32(acc, codes, weights);
#else
  return _mm256_dpbusd_avx_epi32(acc, codes, weights);
#endif
}

struct DepthwiseYmm {
  using Codes = __m256i;
  using Sums = __m256i;
  using Columns = Columns8;
  static constexpr int kChannels = 32;

  static Codes Load(const int8_t* p) {
    return _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
                            _mm256_set1_epi8(-128));
  }
  static Sums LoadSums(const int32_t* p) { return Load8(p); }
  static void Interleave(Codes a0, Codes a1, Codes a2, Codes a3, Codes (&group)[4]) {
    const __m256i lo01 = _mm256_unpacklo_epi8(a0, a1), hi01 = _mm256_unpackhi_epi8(a0, a1);
    const __m256i lo23 = _mm256_unpacklo_epi8(a2, a3), hi23 = _mm256_unpackhi_epi8(a2, a3);
    group[0] = _mm256_unpacklo_epi16(lo01, lo23);
    group[1] = _mm256_unpackhi_epi16(lo01, lo23);
    group[2] = _mm256_unpacklo_epi16(hi01, hi23);
    group[3] = _mm256_unpackhi_epi16(hi01, hi23);
  }
  // One tap: each byte at the start of a group of its own, with zeros.
  static void Spread(Codes a, Codes (&group)[4]) {
    const __m256i bytes = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1));
#pragma GCC unroll 4
    for (int q = 0; q < 4; ++q) {
      // A set top bit, which makes a zero, stays set.
      group[q] = _mm256_shuffle_epi8(a, _mm256_or_si256(bytes, _mm256_set1_epi32(q * 4)));
    }
  }
  static Sums Dot(Sums acc, Codes codes, const int8_t* weights) {
    return DotBytes(acc, codes, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights)));
  }
  template <int kKind>
  static Columns LoadColumns(const EpilogueArgs& e, int64_t c) {
    return LoadColumns8<kKind, Quads8>(e, c);
  }

  static void StoreSums(const Sums (&acc)[4], int count, int32_t* out) {
    alignas(32) int32_t buffer[kChannels];
    for (int q = 0; q < 4; ++q) {
      _mm256_storeu2_m128i(reinterpret_cast<__m128i*>(buffer + 16 + 4 * q),
                           reinterpret_cast<__m128i*>(buffer + 4 * q), acc[q]);
    }
    for (int i = 0; i < count; ++i) out[i] = buffer[i];
  }
  template <int kKind, int kBounds>
  static void StoreCodes(const Sums (&acc)[4], const Columns (&columns)[4], const EpilogueArgs& e,
                         int count, int8_t* out) {
    const __m256i words0 = _mm256_packs_epi32(Requantize8<kKind>(acc[0], columns[0], e),
                                              Requantize8<kKind>(acc[1], columns[1], e));
    const __m256i words1 = _mm256_packs_epi32(Requantize8<kKind>(acc[2], columns[2], e),
                                              Requantize8<kKind>(acc[3], columns[3], e));
    const __m256i codes = _mm256_packs_epi16(words0, words1);
    if (count == kChannels) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), codes);
      return;
    }
    alignas(32) int8_t buffer[kChannels];
    _mm256_store_si256(reinterpret_cast<__m256i*>(buffer), codes);
    for (int i = 0; i < count; ++i) out[i] = buffer[i];
  }
};

}  // namespace
}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_AVXVNNI_DEPTHWISE_YMM_H_
