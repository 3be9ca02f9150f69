#include "engine/kernels/depthwise_s8.h"

#include <cstdint>

#include "engine/kernels/scalar/epilogue.h"

namespace octet::kernels {
namespace {

constexpr int kChannels = 8;

}  // namespace

void depthwise_s8s8s32_8x1_scalar(const DepthwiseS8Args* args) {
  const DepthwiseS8Args& d = *args;
  for (int32_t c = 0; c < d.channels; c += kChannels) {
    const int8_t* block = d.weights + c / kChannels * d.weights_block_stride;
    const int channels = d.channels - c < kChannels ? d.channels - c : kChannels;
    for (int64_t x = 0; x < d.pixels; ++x) {
      uint32_t acc[kChannels];
      for (int j = 0; j < kChannels; ++j) acc[j] = static_cast<uint32_t>(d.bias[c + j]);
      const int8_t* w = block;
      for (int32_t t = 0; t < d.tap_count; ++t, w += kChannels) {
        // A whole tile of channels: the bytes past the last one may be read.
        const int8_t* a = d.taps[x * d.tap_step + t] + c + x * d.tap_advance;
        for (int j = 0; j < kChannels; ++j) {
          acc[j] += static_cast<uint32_t>(static_cast<int16_t>(a[j] * w[j]));
        }
      }
      StoreColumns(acc, c, channels, d.epilogue, d.out, x * d.out_pixel_stride + c);
    }
  }
}

}  // namespace octet::kernels
