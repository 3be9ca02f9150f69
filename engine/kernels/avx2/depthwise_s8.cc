#include "engine/kernels/depthwise_s8.h"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/avx2/epilogue.h"
#include "engine/kernels/epilogue_kinds.h"

// Sixteen channels of a few pixels at once. Two taps are interleaved byte by byte, widened to 16
// bits and multiplied in pairs, which is exact; the widened weights serve all the pixels.
namespace octet::kernels {
namespace {

constexpr int kChannels = 16;
constexpr int kPixels = 3;

__m128i LoadTap(const int8_t* tap) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(tap));
}

// Pixels [x, x + kP) of the channels from c. Inlined, so that the bounds of the epilogue are made
// once for a row.
template <int kP, int kKind>
[[gnu::always_inline]] inline void MultiplyPixels(const DepthwiseS8Args& d, int64_t x, int64_t c) {
  __m256i acc[kP][2];
  for (int p = 0; p < kP; ++p) {
    acc[p][0] = Load8(d.bias + c);
    acc[p][1] = Load8(d.bias + c + 8);
  }
  const int8_t* const* taps = d.taps + x * d.tap_step;
  const int8_t* w = d.weights + c / kChannels * d.weights_block_stride;
  for (int64_t t = 0; t < d.tap_count; t += 2, w += 2 * kChannels) {
    // Without a partner the last tap meets a zero weight as its own partner.
    const int64_t u = t + 1 < d.tap_count ? t + 1 : t;
    const __m256i w0 = _mm256_cvtepi8_epi16(LoadTap(w));
    const __m256i w1 = _mm256_cvtepi8_epi16(LoadTap(w + kChannels));
#pragma GCC unroll 3
    for (int p = 0; p < kP; ++p) {
      const int8_t* const* pixel = taps + int64_t{p} * d.tap_step;
      const int64_t at = c + (x + p) * d.tap_advance;
      const __m128i a0 = LoadTap(pixel[t] + at);
      const __m128i a1 = LoadTap(pixel[u] + at);
      const __m256i lo = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a0, a1));
      const __m256i hi = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(a0, a1));
      acc[p][0] = _mm256_add_epi32(acc[p][0], _mm256_madd_epi16(lo, w0));
      acc[p][1] = _mm256_add_epi32(acc[p][1], _mm256_madd_epi16(hi, w1));
    }
  }
  const int count = d.channels - c < kChannels ? static_cast<int>(d.channels - c) : kChannels;
  for (int p = 0; p < kP; ++p) {
    StoreColumns16<kKind>(acc[p][0], acc[p][1], d.epilogue, c, count, d.out,
                          (x + p) * d.out_pixel_stride + c);
  }
}

template <int kKind>
void MultiplyRow(const DepthwiseS8Args& args) {
  const DepthwiseS8Args d = args;  // a copy that no store can alias
  for (int64_t c = 0; c < d.channels; c += kChannels) {
    int64_t x = 0;
    for (; x + kPixels <= d.pixels; x += kPixels) MultiplyPixels<kPixels, kKind>(d, x, c);
    for (; x < d.pixels; ++x) MultiplyPixels<1, kKind>(d, x, c);
  }
}

}  // namespace

void depthwise_s8s8s32_16x2_avx2(const DepthwiseS8Args* args) {
  WithEpilogueKind(args->epilogue.kind, [&]<int kKind>() { MultiplyRow<kKind>(*args); });
}

}  // namespace octet::kernels
