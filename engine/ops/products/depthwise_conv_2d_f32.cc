// DEPTHWISE_CONV_2D in float32.
#include <algorithm>

#include "engine/base/status_macros.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/products/depthwise_conv_2d.h"

namespace octet::ops {
namespace {

class DepthwiseConv2DF32 final : public ConvOp {
 public:
  DepthwiseConv2DF32(const DepthwiseSetup& setup, FloatRange range)
      : ConvOp(setup.params),
        multiplier_(setup.multiplier),
        weights_(setup.weights->values<float>()),
        bias_(setup.bias == nullptr ? absl::Span<const float>() : setup.bias->values<float>()),
        range_(range) {}

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    const int64_t pixels = window.out_pixels();
    const int64_t image_size = input.InnerElements(1);
    const auto* in = context.in<float>(0);
    auto* out = context.out<float>(0);
    ForEachPixelBlock(context.pool, input.dim(0), pixels, window.w.out,
                      [&](int64_t, const PixelBlock& block) {
                        for (int64_t i = 0; i < block.count; ++i) {
                          const int64_t pixel = block.begin + i;
                          RunPixel(window, in + block.image * image_size,
                                   static_cast<int32_t>(pixel / window.w.out),
                                   static_cast<int32_t>(pixel % window.w.out),
                                   out + (block.image * pixels + pixel) * params_.out_channels);
                        }
                      });
    return absl::OkStatus();
  }

 private:
  void RunPixel(const Window& window, const float* image, int32_t oy, int32_t ox,
                float* out) const {
    const int32_t n = params_.out_channels;
    if (bias_.empty()) {
      std::fill_n(out, n, 0.0f);
    } else {
      std::copy_n(bias_.data(), n, out);
    }
    for (int32_t ky = 0; ky < window.h.kernel; ++ky) {
      const int32_t y = window.h.Begin(oy) + ky * window.h.dilation;
      if (y < 0 || y >= window.h.in) continue;
      for (int32_t kx = 0; kx < window.w.kernel; ++kx) {
        const int32_t x = window.w.Begin(ox) + kx * window.w.dilation;
        if (x < 0 || x >= window.w.in) continue;
        const float* tap = image + (int64_t{y} * window.w.in + x) * params_.in_channels;
        AddTap(tap, weights_.data() + int64_t{ky * window.w.kernel + kx} * n, out);
      }
    }
    for (int32_t c = 0; c < n; ++c) out[c] = std::min(std::max(out[c], range_.lo), range_.hi);
  }

  void AddTap(const float* tap, const float* weights, float* out) const {
    if (multiplier_ == 1) {
      for (int32_t c = 0; c < params_.out_channels; ++c) out[c] += tap[c] * weights[c];
      return;
    }
    for (int32_t c = 0; c < params_.out_channels; ++c) out[c] += tap[c / multiplier_] * weights[c];
  }

  const int32_t multiplier_;
  const absl::Span<const float> weights_;
  const absl::Span<const float> bias_;
  const FloatRange range_;
};

}  // namespace

PreparedOp PrepareDepthwiseConv2DF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const DepthwiseSetup setup, SetUpDepthwise(context));
  OCTET_ASSIGN_OR_RETURN(const FloatRange range, ActivationValues(setup.activation));
  return std::make_unique<DepthwiseConv2DF32>(setup, range);
}

}  // namespace octet::ops
