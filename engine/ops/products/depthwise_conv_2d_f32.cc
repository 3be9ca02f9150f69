// DEPTHWISE_CONV_2D in float32.
#include <algorithm>

#include "engine/base/status_macros.h"
#include "engine/kernels/variants.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/products/depthwise_conv_2d.h"

namespace octet::ops {
namespace {

// Taps [begin, end) of an output's window that lie inside of the image.
struct TapRange {
  int32_t begin = 0;
  int32_t end = 0;
  int32_t size() const { return end - begin; }
};

TapRange TapsInside(const WindowAxis& axis, int32_t output) {
  const int32_t first = axis.Begin(output);
  const auto tap_at = [&](int32_t offset) {
    return std::clamp((offset + axis.dilation - 1) / axis.dilation, 0, axis.kernel);
  };
  TapRange taps{tap_at(std::max(-first, 0)), tap_at(std::max(axis.in - first, 0))};
  taps.end = std::max(taps.end, taps.begin);
  return taps;
}

class DepthwiseConv2DF32 final : public ConvOp {
 public:
  DepthwiseConv2DF32(const DepthwiseSetup& setup, FloatRange range, IsaSet isas)
      : ConvOp(setup.params),
        kernels_(kernels::SelectFloatRows(isas)),
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
    // A block is one row of output pixels.
    ForEachPixelBlock(context.pool, input.dim(0), pixels, window.w.out,
                      [&](int64_t, const PixelBlock& block) {
                        RunRow(window, in + block.image * image_size,
                               static_cast<int32_t>(block.begin / window.w.out),
                               out + (block.image * pixels + block.begin) * params_.out_channels);
                      });
    return absl::OkStatus();
  }

 private:
  void RunRow(const Window& window, const float* image, int32_t oy, float* out) const {
    const int64_t n = params_.out_channels;
    if (multiplier_ != 1) {
      for (int32_t x = 0; x < window.w.out; ++x) RunPixel(window, image, oy, x, out + x * n);
      return;
    }
    const InteriorOutputs inside = Interior(window.w);
    for (int32_t x = 0; x < inside.begin; ++x) RunAlike(window, image, oy, x, x + 1, out);
    if (inside.size() > 0) RunAlike(window, image, oy, inside.begin, inside.end, out);
    for (int32_t x = inside.end; x < window.w.out; ++x) RunAlike(window, image, oy, x, x + 1, out);
  }

  // Output pixels [begin, end) of a row, which all have the same taps inside of the image: one
  // pixel, or some of the interior.
  void RunAlike(const Window& window, const float* image, int32_t oy, int32_t begin, int32_t end,
                float* out_row) const {
    const int64_t n = params_.out_channels;
    const TapRange rows = TapsInside(window.h, oy);
    const TapRange columns = TapsInside(window.w, begin);
    const int64_t line = int64_t{window.w.in} * n;
    const int32_t y = window.h.Begin(oy) + rows.begin * window.h.dilation;
    const int32_t x = window.w.Begin(begin) + columns.begin * window.w.dilation;
    const bool none = rows.size() == 0 || columns.size() == 0;
    kernels::DepthwiseF32Run run = {};
    run.input = none ? image : image + y * line + x * n;
    run.pixel_advance = window.w.stride * n;
    run.tap_row_stride = window.h.dilation * line;
    run.tap_stride = window.w.dilation * n;
    run.tap_rows = none ? 0 : rows.size();
    run.taps_per_row = none ? 0 : columns.size();
    run.weights = weights_.data();
    if (!none) run.weights += (rows.begin * window.w.kernel + columns.begin) * n;
    run.weight_row_stride = window.w.kernel * n;
    run.bias = bias_.empty() ? nullptr : bias_.data();
    run.channels = params_.out_channels;
    run.pixels = end - begin;
    run.out = out_row + begin * n;
    run.lo = range_.lo;
    run.hi = range_.hi;
    kernels_.depthwise(&run);
  }

  // With a depth multiplier.
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
    for (int32_t c = 0; c < params_.out_channels; ++c) out[c] += tap[c / multiplier_] * weights[c];
  }

  const kernels::FloatRows& kernels_;
  const int32_t multiplier_;
  const absl::Span<const float> weights_;
  const absl::Span<const float> bias_;
  const FloatRange range_;
};

}  // namespace

PreparedOp PrepareDepthwiseConv2DF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const DepthwiseSetup setup, SetUpDepthwise(context));
  OCTET_ASSIGN_OR_RETURN(const FloatRange range, ActivationValues(setup.activation));
  return std::make_unique<DepthwiseConv2DF32>(setup, range, context.isas);
}

}  // namespace octet::ops
