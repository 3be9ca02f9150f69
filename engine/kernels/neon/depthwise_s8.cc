#include "engine/kernels/depthwise_s8.h"

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/neon/epilogue.h"

namespace octet::kernels {
namespace {

constexpr int kChannels = 8;

template <int kKind>
void MultiplyRow(const DepthwiseS8Args& args) {
  const DepthwiseS8Args d = args;  // a copy that no store can alias
  for (int64_t c = 0; c < d.channels; c += kChannels) {
    const int count = d.channels - c < kChannels ? static_cast<int>(d.channels - c) : kChannels;
    for (int64_t x = 0; x < d.pixels; ++x) {
      const int8_t* const* taps = d.taps + x * d.tap_step;
      const int64_t at = c + x * d.tap_advance;
      const int8_t* w = d.weights + c / kChannels * d.weights_block_stride;
      int32x4_t lo = vld1q_s32(d.bias + c);
      int32x4_t hi = vld1q_s32(d.bias + c + 4);
      for (int64_t t = 0; t < d.tap_count; ++t, w += kChannels) {
        // A product of two codes fits 16 bits; a sum of two need not.
        const int16x8_t product = vmull_s8(vld1_s8(taps[t] + at), vld1_s8(w));
        lo = vaddw_s16(lo, vget_low_s16(product));
        hi = vaddw_high_s16(hi, product);
      }
      StoreColumns8<kKind>(lo, hi, d.epilogue, c, count, d.out, x * d.out_pixel_stride + c);
    }
  }
}

}  // namespace

void depthwise_s8s8s32_8x1_neon(const DepthwiseS8Args* args) {
  switch (args->epilogue.kind) {
    case kEpilogueInt32:
      return MultiplyRow<kEpilogueInt32>(*args);
    case kEpilogueFixedPoint:
      return MultiplyRow<kEpilogueFixedPoint>(*args);
    case kEpilogueFloat32:
      return MultiplyRow<kEpilogueFloat32>(*args);
    case kEpilogueFloat64:
      return MultiplyRow<kEpilogueFloat64>(*args);
  }
}

}  // namespace octet::kernels
