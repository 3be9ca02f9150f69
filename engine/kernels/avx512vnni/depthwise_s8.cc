#include "engine/kernels/depthwise_s8.h"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/avx512vnni/epilogue.h"
#include "engine/kernels/avxvnni/depthwise_tile.h"
#include "engine/kernels/avxvnni/depthwise_ymm.h"

namespace octet::kernels {
namespace {

constexpr int kLanes = 4;

// 64 channels.
struct DepthwiseZmm {
  using Codes = __m512i;
  using Sums = __m512i;
  using Columns = Columns16;
  static constexpr int kChannels = 64;

  static Codes Load(const int8_t* p) {
    return _mm512_xor_si512(_mm512_loadu_si512(p), _mm512_set1_epi8(-128));
  }
  static Sums LoadSums(const int32_t* p) { return Load16(p); }
  static void Interleave(Codes a0, Codes a1, Codes a2, Codes a3, Codes (&group)[4]) {
    const __m512i lo01 = _mm512_unpacklo_epi8(a0, a1), hi01 = _mm512_unpackhi_epi8(a0, a1);
    const __m512i lo23 = _mm512_unpacklo_epi8(a2, a3), hi23 = _mm512_unpackhi_epi8(a2, a3);
    group[0] = _mm512_unpacklo_epi16(lo01, lo23);
    group[1] = _mm512_unpackhi_epi16(lo01, lo23);
    group[2] = _mm512_unpacklo_epi16(hi01, hi23);
    group[3] = _mm512_unpackhi_epi16(hi01, hi23);
  }
  // One tap: each byte at the start of a group of its own, with zeros.
  static void Spread(Codes a, Codes (&group)[4]) {
    const __m512i bytes = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1));
#pragma GCC unroll 4
    for (int q = 0; q < 4; ++q) {
      // A set top bit, which makes a zero, stays set.
      group[q] = _mm512_shuffle_epi8(a, _mm512_or_si512(bytes, _mm512_set1_epi32(q * 4)));
    }
  }
  static Sums Dot(Sums acc, Codes codes, const int8_t* weights) {
    return _mm512_dpbusd_epi32(acc, codes, _mm512_loadu_si512(weights));
  }
  template <int kKind>
  static Columns LoadColumns(const EpilogueArgs& e, int64_t c) {
    return LoadColumns16<kKind, Quads>(e, c);
  }

  static void StoreSums(const Sums (&acc)[4], int count, int32_t* out) {
    alignas(64) int32_t buffer[kChannels];
    for (int q = 0; q < 4; ++q) {
      const auto store = [&](int lane, __m128i sums) {
        _mm_store_si128(reinterpret_cast<__m128i*>(buffer + lane * 16 + q * 4), sums);
      };
      store(0, _mm512_castsi512_si128(acc[q]));
      store(1, _mm512_extracti32x4_epi32(acc[q], 1));
      store(2, _mm512_extracti32x4_epi32(acc[q], 2));
      store(3, _mm512_extracti32x4_epi32(acc[q], 3));
    }
    for (int i = 0; i < count; ++i) out[i] = buffer[i];
  }
  template <int kKind, int kBoundsOf>
  static void StoreCodes(const Sums (&acc)[4], const Columns (&columns)[4], const EpilogueArgs& e,
                         int count, int8_t* out) {
    constexpr auto kBounds = static_cast<Bounds>(kBoundsOf);
    const __m512i codes = PackCodes64<kBounds>(Scale16<kKind, kBounds>(acc[0], columns[0], e),
                                               Scale16<kKind, kBounds>(acc[1], columns[1], e),
                                               Scale16<kKind, kBounds>(acc[2], columns[2], e),
                                               Scale16<kKind, kBounds>(acc[3], columns[3], e), e);
    if (count == kChannels) {
      _mm512_storeu_si512(out, codes);
    } else {
      _mm512_mask_storeu_epi8(out, (__mmask64{1} << count) - 1, codes);
    }
  }
};

template <int kKind, Bounds kBounds>
void MultiplyRow(const DepthwiseS8Args& d) {
  int64_t c = 0;
  for (; c + DepthwiseYmm::kChannels < d.channels; c += DepthwiseZmm::kChannels) {
    const int64_t rest = d.channels - c;
    const int count =
        rest < DepthwiseZmm::kChannels ? static_cast<int>(rest) : DepthwiseZmm::kChannels;
    MultiplyChannels<DepthwiseZmm, kLanes, kKind, kBounds>(d, c, count);
  }
  // Half a block keeps three ports busy with registers of half the size.
  if (c < d.channels) {
    MultiplyChannels<DepthwiseYmm, kLanes, kKind, kBounds>(d, c, static_cast<int>(d.channels - c));
  }
}

}  // namespace

void depthwise_s8s8s32_64x4_avx512vnni(const DepthwiseS8Args* args) {
  WithEpilogue(args->epilogue, args->channels,
               [&]<int kKind, Bounds kBounds>() { MultiplyRow<kKind, kBounds>(*args); });
}

}  // namespace octet::kernels
