// DEPTHWISE_CONV_2D of int16 by int8.
#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/products/depthwise_conv_2d.h"
#include "engine/ops/products/integer_product.h"

namespace octet::ops {
namespace {

// Scratch: [sums of one pixel for each part].
class DepthwiseConv2DS16 final : public ConvOp {
 public:
  DepthwiseConv2DS16(const DepthwiseSetup& setup, IntegerProduct product)
      : ConvOp(setup.params), multiplier_(setup.multiplier), product_(std::move(product)) {}

  size_t ScratchBytes(absl::Span<const Shape>, int threads) const override {
    return MaxParts(threads) * PartBytes();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    const int64_t pixels = window.out_pixels();
    const int64_t image_size = input.InnerElements(1);
    const int32_t n = params_.out_channels;
    const auto* in = context.in<int16_t>(0);
    auto* out = context.out<int16_t>(0);
    ForEachPixelBlock(
        context.pool, input.dim(0), pixels, window.w.out,
        [&](int64_t part, const PixelBlock& block) {
          auto* sums = reinterpret_cast<int64_t*>(context.scratch + part * PartBytes());
          const int16_t* image = in + block.image * image_size;
          for (int64_t i = 0; i < block.count; ++i) {
            const int64_t pixel = block.begin + i;
            SumPixel(window, image, static_cast<int32_t>(pixel / window.w.out),
                     static_cast<int32_t>(pixel % window.w.out), sums);
            product_.stage.FinishSums(sums, 1, n, out + (block.image * pixels + pixel) * n);
          }
        });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return product_.bytes(); }

 private:
  size_t PartBytes() const { return RoundUp(int64_t{params_.out_channels} * sizeof(int64_t), 64); }

  void SumPixel(const Window& window, const int16_t* image, int32_t oy, int32_t ox,
                int64_t* sums) const {
    const int32_t n = params_.out_channels;
    std::copy_n(product_.bias.data(), n, sums);
    for (int32_t ky = 0; ky < window.h.kernel; ++ky) {
      const int32_t y = window.h.Begin(oy) + ky * window.h.dilation;
      if (y < 0 || y >= window.h.in) continue;
      for (int32_t kx = 0; kx < window.w.kernel; ++kx) {
        const int32_t x = window.w.Begin(ox) + kx * window.w.dilation;
        if (x < 0 || x >= window.w.in) continue;
        const int16_t* tap = image + (int64_t{y} * window.w.in + x) * params_.in_channels;
        AddTap(tap, product_.weights.data() + int64_t{ky * window.w.kernel + kx} * n, sums);
      }
    }
  }

  void AddTap(const int16_t* tap, const int16_t* weights, int64_t* sums) const {
    if (multiplier_ == 1) {
      for (int32_t c = 0; c < params_.out_channels; ++c) sums[c] += int32_t{tap[c]} * weights[c];
      return;
    }
    for (int32_t c = 0; c < params_.out_channels; ++c) {
      sums[c] += int32_t{tap[c / multiplier_]} * weights[c];
    }
  }

  const int32_t multiplier_;
  const IntegerProduct product_;
};

}  // namespace

PreparedOp PrepareDepthwiseConv2DS16(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const DepthwiseSetup setup, SetUpDepthwise(context));
  IntegerProductParams params;
  params.input = context.input(0);
  params.weights = setup.weights;
  params.bias = setup.bias;
  params.output = &context.output(0);
  params.activation = setup.activation;
  params.channels = setup.params.out_channels;
  params.channel_stride = 1;
  params.tap_stride = setup.params.out_channels;
  params.quantized_dimension = 3;
  OCTET_ASSIGN_OR_RETURN(auto product, IntegerProduct::Make(params, context.rounding));
  return std::make_unique<DepthwiseConv2DS16>(setup, std::move(product));
}

}  // namespace octet::ops
