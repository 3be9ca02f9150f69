// CONV_2D in float32.
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/products/conv_2d.h"
#include "engine/ops/products/matmul_f32.h"
#include "engine/ops/spatial/patches.h"

namespace octet::ops {
namespace {

class Conv2DF32 final : public ConvOp {
 public:
  Conv2DF32(const Conv2DSetup& setup, FloatRange range)
      : ConvOp(setup.params),
        groups_(setup.groups),
        group_in_(setup.group_in()),
        group_out_(setup.group_out()),
        k_(setup.group_k()),
        block_pixels_(PatchBlockRows(int64_t{k_} * 4)),
        weights_(setup.weights->values<float>()),
        bias_(setup.bias == nullptr ? absl::Span<const float>() : setup.bias->values<float>()),
        range_(range) {}

  size_t ScratchBytes(absl::Span<const Shape>, int threads) const override {
    return MaxParts(threads) * PartBytes();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    const int64_t pixels = window.out_pixels();
    const int64_t image_size = input.InnerElements(1);
    const int64_t n = params_.out_channels;
    const auto* in = context.in<float>(0);
    auto* out = context.out<float>(0);
    ForEachPixelBlock(context.pool, input.dim(0), pixels, block_pixels_,
                      [&](int64_t part, const PixelBlock& block) {
                        auto* patches =
                            reinterpret_cast<float*>(context.scratch + part * PartBytes());
                        RunBlock(window, in + block.image * image_size, block, patches,
                                 out + (block.image * pixels + block.begin) * n);
                      });
    return absl::OkStatus();
  }

 private:
  size_t PartBytes() const { return RoundUp(int64_t{block_pixels_} * k_ * sizeof(float), 64); }

  void RunBlock(const Window& window, const float* image, const PixelBlock& block, float* patches,
                float* out) const {
    for (int32_t g = 0; g < groups_; ++g) {
      for (int64_t i = 0; i < block.count; ++i) {
        const auto pixel = static_cast<int32_t>(block.begin + i);
        GatherPatch(window, image, params_.in_channels, g * group_in_, group_in_,
                    pixel / window.w.out, pixel % window.w.out, 0.0f, patches + i * k_);
      }
      const int64_t column = int64_t{g} * group_out_;
      MatmulF32(patches, block.count, k_, weights_.data() + column * k_, group_out_,
                bias_.empty() ? nullptr : bias_.data() + column, range_, out + column,
                params_.out_channels);
    }
  }

  const int32_t groups_;
  const int32_t group_in_;
  const int32_t group_out_;
  const int32_t k_;
  const int32_t block_pixels_;
  const absl::Span<const float> weights_;  // the model's own memory, which outlives its operators
  const absl::Span<const float> bias_;
  const FloatRange range_;
};

}  // namespace

PreparedOp PrepareConv2DF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const Conv2DSetup setup, SetUpConv2D(context));
  OCTET_ASSIGN_OR_RETURN(const FloatRange range, ActivationValues(setup.activation));
  return std::make_unique<Conv2DF32>(setup, range);
}

}  // namespace octet::ops
