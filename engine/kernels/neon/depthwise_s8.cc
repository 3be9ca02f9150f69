#include "engine/kernels/depthwise_s8.h"

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/epilogue_kinds.h"
#include "engine/kernels/neon/epilogue.h"

// Sixteen channels of a pixel at a time. A product of two codes fits 16 bits. So does the sum of
// two, unless both are -128 times -128: without -128 among the weights two taps share the widening
// additions, with it each has its own.
namespace octet::kernels {
namespace {

constexpr int kChannels = 16;

inline void AddWide(int16x8_t low, int16x8_t high, int32x4_t (&acc)[4]) {
  acc[0] = vaddw_s16(acc[0], vget_low_s16(low));
  acc[1] = vaddw_high_s16(acc[1], low);
  acc[2] = vaddw_s16(acc[2], vget_low_s16(high));
  acc[3] = vaddw_high_s16(acc[3], high);
}

inline void AddTap(const int8_t* codes, const int8_t* w, int32x4_t (&acc)[4]) {
  const int8x16_t a = vld1q_s8(codes);
  const int8x16_t b = vld1q_s8(w);
  AddWide(vmull_s8(vget_low_s8(a), vget_low_s8(b)), vmull_high_s8(a, b), acc);
}

inline void AddTwoTaps(const int8_t* codes0, const int8_t* codes1, const int8_t* w,
                       int32x4_t (&acc)[4]) {
  const int8x16_t a0 = vld1q_s8(codes0);
  const int8x16_t a1 = vld1q_s8(codes1);
  const int8x16_t b0 = vld1q_s8(w);
  const int8x16_t b1 = vld1q_s8(w + kChannels);
  const int16x8_t low = vmull_s8(vget_low_s8(a0), vget_low_s8(b0));
  const int16x8_t high = vmull_high_s8(a0, b0);
  AddWide(vmlal_s8(low, vget_low_s8(a1), vget_low_s8(b1)), vmlal_high_s8(high, a1, b1), acc);
}

template <bool kInTwos, int kKind>
void MultiplyRow(const DepthwiseS8Args& args) {
  const DepthwiseS8Args d = args;  // a copy that no store can alias
  for (int64_t c = 0; c < d.channels; c += kChannels) {
    const int count = d.channels - c < kChannels ? static_cast<int>(d.channels - c) : kChannels;
    const int8_t* weights = d.weights + c / kChannels * d.weights_block_stride;
    for (int64_t x = 0; x < d.pixels; ++x) {
      const int8_t* const* taps = d.taps + x * d.tap_step;
      const int64_t at = c + x * d.tap_advance;
      const int8_t* w = weights;
      int32x4_t acc[4];
      for (int q = 0; q < 4; ++q) acc[q] = vld1q_s32(d.bias + c + 4 * q);
      int64_t t = 0;
      if constexpr (kInTwos) {
        for (; t + 2 <= d.tap_count; t += 2, w += 2 * kChannels) {
          AddTwoTaps(taps[t] + at, taps[t + 1] + at, w, acc);
        }
      }
      for (; t < d.tap_count; ++t, w += kChannels) AddTap(taps[t] + at, w, acc);
      StoreColumns16<kKind>(acc, d.epilogue, c, count, d.out, x * d.out_pixel_stride + c);
    }
  }
}

template <bool kInTwos>
void Multiply(const DepthwiseS8Args& args) {
  WithEpilogueKind(args.epilogue.kind, [&]<int kKind>() { MultiplyRow<kInTwos, kKind>(args); });
}

}  // namespace

void depthwise_s8s8s32_16x1_in_twos_neon(const DepthwiseS8Args* args) { Multiply<true>(*args); }
void depthwise_s8s8s32_16x1_neon(const DepthwiseS8Args* args) { Multiply<false>(*args); }

}  // namespace octet::kernels
