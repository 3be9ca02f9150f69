// Private to the leaves that have VPDPBUSD: depthwise convolution with four taps at a time, over a
// register type. Everything has internal linkage.
//
// A register type V says how many channels it holds (kChannels, at most the block's) and has Load
// (codes made unsigned), Interleave, Spread, Dot and the rest of what is used here. Four taps are
// interleaved byte by byte, which leaves the channels in four registers in the order that
// DepthwiseS8Layout describes; packing the codes puts them back.
#ifndef OCTET_ENGINE_KERNELS_AVXVNNI_DEPTHWISE_TILE_H_
#define OCTET_ENGINE_KERNELS_AVXVNNI_DEPTHWISE_TILE_H_

#include <cstddef>
#include <cstdint>

#include "engine/kernels/depthwise_s8.h"

namespace octet::kernels {
namespace {

// Taps t to t + rest of one pixel, rest in [1, 4]; `w` has a block's weights of that group.
template <typename V, int kLanes>
[[gnu::always_inline]] inline void AddTaps(const int8_t* const* taps, int64_t at, int rest,
                                           const int8_t* w, typename V::Sums (&acc)[4]) {
  typename V::Codes group[4];
  const typename V::Codes first = V::Load(taps[0] + at);
  if (rest == 1) {
    V::Spread(first, group);
  } else {
    // A tap that is missing meets zero weights.
    V::Interleave(first, V::Load(taps[1] + at), rest > 2 ? V::Load(taps[2] + at) : first,
                  rest > 3 ? V::Load(taps[3] + at) : first, group);
  }
#pragma GCC unroll 4
  for (int q = 0; q < 4; ++q) acc[q] = V::Dot(acc[q], group[q], w + q * kLanes * 16);
}

// All pixels of the channels from c on, of which there are `count`, at most V::kChannels. kTaps is
// the number of taps, or 0 for any; kBounds is for V, which knows its meaning.
template <typename V, int kLanes, int kKind, int kBounds, int kTaps>
inline void MultiplyPixels(const DepthwiseS8Args& args, int64_t c, int count) {
  const DepthwiseS8Args d = args;  // a copy that no store can alias
  constexpr int kBlock = kLanes * 16;
  const int64_t within = c % kBlock / 16 * 4;
  const int8_t* weights = d.weights + c / kBlock * d.weights_block_stride + within * 4;
  const int32_t* bias = d.bias + c / kBlock * kBlock + within;
  typename V::Columns columns[4];
#pragma GCC unroll 4
  for (int q = 0; q < 4; ++q) columns[q] = V::template LoadColumns<kKind>(d.epilogue, c + 4 * q);
  for (int64_t x = 0; x < d.pixels; ++x) {
    const int8_t* const* taps = d.taps + x * d.tap_step;
    const int64_t at = c + x * d.tap_advance;
    typename V::Sums acc[4];
#pragma GCC unroll 4
    for (int q = 0; q < 4; ++q) acc[q] = V::LoadSums(bias + q * kLanes * 4);
    const int8_t* w = weights;
    int rest = kTaps > 0 ? kTaps : d.tap_count;
#pragma GCC unroll 2
    for (; rest >= 4; rest -= 4, taps += 4, w += kBlock * 4) {
      AddTaps<V, kLanes>(taps, at, 4, w, acc);
    }
    if (rest == 1) {
      AddTaps<V, kLanes>(taps, at, 1, w, acc);
    } else if (rest > 1) {
      AddTaps<V, kLanes>(taps, at, rest, w, acc);
    }
    const int64_t index = x * d.out_pixel_stride + c;
    if constexpr (kKind == kEpilogueInt32) {
      V::StoreSums(acc, count, static_cast<int32_t*>(d.out) + index);
    } else {
      V::template StoreCodes<kKind, kBounds>(acc, columns, d.epilogue, count,
                                             static_cast<int8_t*>(d.out) + index);
    }
  }
}

template <typename V, int kLanes, int kKind, int kBounds>
inline void MultiplyChannels(const DepthwiseS8Args& d, int64_t c, int count) {
  if (d.tap_count == 9) {
    MultiplyPixels<V, kLanes, kKind, kBounds, 9>(d, c, count);
  } else {
    MultiplyPixels<V, kLanes, kKind, kBounds, 0>(d, c, count);
  }
}

}  // namespace
}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_AVXVNNI_DEPTHWISE_TILE_H_
