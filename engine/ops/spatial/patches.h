// Gathering of convolution windows into rows of a matrix, a block of output pixels at a time.
#ifndef OCTET_ENGINE_OPS_SPATIAL_PATCHES_H_
#define OCTET_ENGINE_OPS_SPATIAL_PATCHES_H_

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/ops/spatial/window.h"

namespace octet::ops {

// Writes the window of output pixel (oy, ox) of one image to `row`: taps in row-major order, each
// `channels` elements from `channel_begin` on; taps outside of the image are `fill`.
// `image` is [h.in][w.in][image_channels].
template <typename T>
void GatherPatch(const Window& window, const T* image, int32_t image_channels,
                 int32_t channel_begin, int32_t channels, int32_t oy, int32_t ox, T fill, T* row) {
  const int32_t x0 = window.w.Begin(ox);
  const int64_t run = int64_t{window.w.kernel} * channels;
  const bool row_is_run = channels == image_channels && window.w.dilation == 1 && x0 >= 0 &&
                          x0 + window.w.kernel <= window.w.in;
  for (int32_t ky = 0; ky < window.h.kernel; ++ky, row += run) {
    const int32_t y = window.h.Begin(oy) + ky * window.h.dilation;
    if (y < 0 || y >= window.h.in) {
      std::fill_n(row, run, fill);
      continue;
    }
    const T* line = image + int64_t{y} * window.w.in * image_channels + channel_begin;
    if (row_is_run) {
      std::memcpy(row, line + int64_t{x0} * image_channels, run * sizeof(T));
      continue;
    }
    for (int32_t kx = 0; kx < window.w.kernel; ++kx) {
      const int32_t x = x0 + kx * window.w.dilation;
      T* tap = row + int64_t{kx} * channels;
      if (x < 0 || x >= window.w.in) {
        std::fill_n(tap, channels, fill);
      } else {
        std::memcpy(tap, line + int64_t{x} * image_channels, channels * sizeof(T));
      }
    }
  }
}

// Rows of a block so that a block of patches stays in a first-level cache, whole tiles of 16; few
// enough that threads can share a small image.
inline int32_t PatchBlockRows(int64_t row_bytes) {
  constexpr int64_t kBlockBytes = 32 * 1024;
  const int64_t rows = kBlockBytes / std::max<int64_t>(row_bytes, 1) / 16 * 16;
  return static_cast<int32_t>(std::clamp<int64_t>(rows, 16, 64));
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_SPATIAL_PATCHES_H_
