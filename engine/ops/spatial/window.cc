#include "engine/ops/spatial/window.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"

namespace octet::ops {

InteriorOutputs Interior(const WindowAxis& axis) {
  const int32_t reach = (axis.kernel - 1) * axis.dilation;  // from the first tap to the last
  const int32_t last_begin = axis.in - 1 - reach + axis.pad_before;
  InteriorOutputs interior;
  interior.begin = std::min((axis.pad_before + axis.stride - 1) / axis.stride, axis.out);
  interior.end = last_begin < 0 ? 0 : std::min(last_begin / axis.stride + 1, axis.out);
  interior.end = std::max(interior.end, interior.begin);
  return interior;
}

absl::StatusOr<WindowAxis> ComputeWindow(Padding padding, int32_t in, int32_t kernel,
                                         int32_t stride, int32_t dilation) {
  const auto describe = [&] {
    return absl::StrCat("a window of ", kernel, " with stride ", stride, " and dilation ", dilation,
                        " over ", in, " pixels");
  };
  if (kernel < 1 || stride < 1 || dilation < 1 || in < 1) {
    return absl::InvalidArgumentError(absl::StrCat(describe(), " is not possible"));
  }
  const int64_t extent = int64_t{kernel - 1} * dilation + 1;
  WindowAxis axis{in, 0, kernel, stride, dilation, 0};
  if (padding == Padding::kValid) {
    if (extent > in) {
      return absl::InvalidArgumentError(absl::StrCat(describe(), " does not fit"));
    }
    axis.out = static_cast<int32_t>((in - extent) / stride + 1);
    return axis;
  }
  axis.out = static_cast<int32_t>(CeilDiv(in, stride));
  const int64_t total = std::max<int64_t>((int64_t{axis.out} - 1) * stride + extent - in, 0);
  // Positions stay in int32: the last tap of the last window lies at most `total` past the image.
  if (total + in > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat(describe(), " is not possible"));
  }
  axis.pad_before = static_cast<int32_t>(total / 2);
  return axis;
}

}  // namespace octet::ops
