#include "engine/ops/spatial/conv_common.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/parallel.h"

namespace octet::ops {

absl::StatusOr<Window> ConvParams::WindowOf(const Shape& input) const {
  OCTET_RETURN_IF_ERROR(CheckShapeRank(input, 4, "the input"));
  if (input.dim(3) != in_channels) {
    return absl::InvalidArgumentError(absl::StrCat("the input has shape ", input.ToString(), "; ",
                                                   in_channels, " channels are needed"));
  }
  Window window;
  OCTET_ASSIGN_OR_RETURN(window.h,
                         ComputeWindow(padding, input.dim(1), kernel_h, stride_h, dilation_h));
  OCTET_ASSIGN_OR_RETURN(window.w,
                         ComputeWindow(padding, input.dim(2), kernel_w, stride_w, dilation_w));
  return window;
}

absl::StatusOr<Shapes> ConvOp::InferShapes(absl::Span<const Shape> inputs) const {
  OCTET_ASSIGN_OR_RETURN(const Window window, params_.WindowOf(inputs[0]));
  OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create({inputs[0].dim(0), window.h.out, window.w.out,
                                                      params_.out_channels}));
  return Shapes{std::move(output)};
}

absl::Status ConvOp::CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const {
  return absl::OkStatus();
}

void ForEachPixelBlock(ThreadPool* pool, int64_t images, int64_t pixels, int64_t block_pixels,
                       absl::FunctionRef<void(int64_t, const PixelBlock&)> body) {
  const int64_t blocks_per_image = CeilDiv(pixels, block_pixels);
  const int64_t blocks = images * blocks_per_image;
  const int64_t threads = pool == nullptr ? 1 : pool->threads();
  const int64_t parts = std::clamp<int64_t>(blocks, 1, MaxParts(static_cast<int>(threads)));
  ForEachPart(pool, parts, [&](int64_t part) {
    const Range range = Share(blocks, 1, part, parts);
    for (int64_t b = range.begin; b < range.end; ++b) {
      const int64_t begin = b % blocks_per_image * block_pixels;
      body(part, {b / blocks_per_image, begin, std::min(block_pixels, pixels - begin)});
    }
  });
}

}  // namespace octet::ops
