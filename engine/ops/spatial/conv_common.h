// What the convolution operators share: parameters, shapes, splitting of the output into blocks.
#ifndef OCTET_ENGINE_OPS_SPATIAL_CONV_COMMON_H_
#define OCTET_ENGINE_OPS_SPATIAL_CONV_COMMON_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "engine/ops/core/op.h"
#include "engine/ops/spatial/window.h"

namespace octet::ops {

// Parameters of a convolution over NHWC images that do not change with the image's size.
struct ConvParams {
  Padding padding = Padding::kSame;
  int32_t kernel_h = 1;
  int32_t kernel_w = 1;
  int32_t stride_h = 1;
  int32_t stride_w = 1;
  int32_t dilation_h = 1;
  int32_t dilation_w = 1;
  int32_t in_channels = 0;
  int32_t out_channels = 0;

  int32_t taps() const { return kernel_h * kernel_w; }
  // Each output pixel is made of the same pixel of the input.
  bool is_pointwise() const { return taps() == 1 && stride_h == 1 && stride_w == 1; }
  // Requires a rank-4 shape with in_channels channels.
  absl::StatusOr<Window> WindowOf(const Shape& input) const;
};

// Of Conv2DOptions or DepthwiseConv2DOptions, but for the output's channels. `input` is NHWC,
// `weights` have the kernel's sides as dimensions 1 and 2; both have rank 4.
template <typename Options>
ConvParams ConvParamsFrom(const Options& options, const Shape& input, const Shape& weights) {
  ConvParams params;
  params.padding = options.padding;
  params.kernel_h = weights.dim(1);
  params.kernel_w = weights.dim(2);
  params.stride_h = options.stride_h;
  params.stride_w = options.stride_w;
  params.dilation_h = options.dilation_h;
  params.dilation_w = options.dilation_w;
  params.in_channels = input.dim(3);
  return params;
}

// Shapes and row independence, alike for every convolution. Rows of a batch never meet.
class ConvOp : public Op {
 public:
  explicit ConvOp(const ConvParams& params) : params_(params) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override;
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override;

 protected:
  // Of an input shape that InferShapes accepted.
  Window WindowFor(const Shape& input) const { return *params_.WindowOf(input); }

  const ConvParams params_;
};

// A run of output pixels of one image, in row-major order.
struct PixelBlock {
  int64_t image = 0;
  int64_t begin = 0;  // pixel index inside the image
  int64_t count = 0;
};

// Splits `images` x `pixels` into blocks of at most `block_pixels` that never cross an image, and
// calls body(part, block) for each; blocks of one part run one after the other. The blocks do not
// depend on the number of threads.
void ForEachPixelBlock(ThreadPool* pool, int64_t images, int64_t pixels, int64_t block_pixels,
                       absl::FunctionRef<void(int64_t part, const PixelBlock& block)> body);

// Number of parts that ForEachPixelBlock uses at most: one a thread.
inline int64_t MaxParts(int threads) { return threads; }

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_SPATIAL_CONV_COMMON_H_
