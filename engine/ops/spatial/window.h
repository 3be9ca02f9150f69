// Geometry of windows that slide over an image.
#ifndef OCTET_ENGINE_OPS_SPATIAL_WINDOW_H_
#define OCTET_ENGINE_OPS_SPATIAL_WINDOW_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/base/shape.h"
#include "engine/model/op_options.h"

namespace octet::ops {

// One axis. Tap t of output o reads input o * stride - pad_before + t * dilation, which may lie
// outside of the image.
struct WindowAxis {
  int32_t in = 0;
  int32_t out = 0;
  int32_t kernel = 1;
  int32_t stride = 1;
  int32_t dilation = 1;
  int32_t pad_before = 0;

  int32_t Begin(int32_t o) const { return o * stride - pad_before; }
};

// Outputs [begin, end) whose every tap lies inside of the image.
struct InteriorOutputs {
  int32_t begin = 0;
  int32_t end = 0;
  int32_t size() const { return end - begin; }
  bool has(int32_t o) const { return o >= begin && o < end; }
};
InteriorOutputs Interior(const WindowAxis& axis);

// SAME: out = ceil(in / stride), padding that is never negative; VALID: only whole windows.
// InvalidArgument for parameters below 1, or a window that does not fit.
absl::StatusOr<WindowAxis> ComputeWindow(Padding padding, int32_t in, int32_t kernel,
                                         int32_t stride, int32_t dilation);

// Both axes of an NHWC image.
struct Window {
  WindowAxis h;
  WindowAxis w;
  int32_t taps() const { return h.kernel * w.kernel; }
  int64_t out_pixels() const { return int64_t{h.out} * w.out; }
  // A window of one tap that visits every pixel: the output's pixels are the input's.
  bool is_pointwise() const {
    return taps() == 1 && h.stride == 1 && w.stride == 1 && h.pad_before == 0 && w.pad_before == 0;
  }
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_SPATIAL_WINDOW_H_
