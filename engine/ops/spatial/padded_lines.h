// Lines of an image copied with their padding, so that every window over them lies in one piece.
#ifndef OCTET_ENGINE_OPS_SPATIAL_PADDED_LINES_H_
#define OCTET_ENGINE_OPS_SPATIAL_PADDED_LINES_H_

#include <cstdint>

#include "engine/ops/spatial/window.h"

namespace octet::ops {

// Neighbouring inputs that the windows of so many neighbouring outputs span.
inline int64_t Taps(const WindowAxis& axis, int64_t outputs) {
  return (outputs - 1) * axis.stride + int64_t{axis.kernel - 1} * axis.dilation + 1;
}

// Bytes of a line of codes, padding included. Here and below, of other elements: `channels` counts
// the bytes of a pixel.
inline int64_t PaddedLine(const Window& window, int32_t channels) {
  return Taps(window.w, window.w.out) * channels;
}

// Writes the lines that output rows [begin, end) read to `lines`, PaddedLine bytes each. `image` is
// [h.in][w.in][channels]; what lies outside of it is `fill`.
void PadLines(const Window& window, const int8_t* image, int32_t channels, int8_t fill,
              int32_t begin, int32_t end, int8_t* lines);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_SPATIAL_PADDED_LINES_H_
