// CONV_2D of int16 by int8: sums of 16-bit products.
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/products/conv_2d.h"
#include "engine/ops/products/integer_product.h"
#include "engine/ops/spatial/patches.h"

namespace octet::ops {
namespace {

// Scratch: [patches and sums of each part].
class Conv2DS16 final : public ConvOp {
 public:
  Conv2DS16(const Conv2DSetup& setup, IntegerProduct product)
      : ConvOp(setup.params),
        groups_(setup.groups),
        group_in_(setup.group_in()),
        group_out_(setup.group_out()),
        k_(setup.group_k()),
        block_pixels_(PatchBlockRows(int64_t{k_} * 2)),
        product_(std::move(product)) {}

  size_t ScratchBytes(absl::Span<const Shape>, int threads) const override {
    return MaxParts(threads) * PartBytes();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    const int64_t pixels = window.out_pixels();
    const int64_t image_size = input.InnerElements(1);
    const int64_t n = params_.out_channels;
    const auto* in = context.in<int16_t>(0);
    auto* out = context.out<int16_t>(0);
    ForEachPixelBlock(
        context.pool, input.dim(0), pixels, block_pixels_,
        [&](int64_t part, const PixelBlock& block) {
          auto* patches = reinterpret_cast<int16_t*>(context.scratch + part * PartBytes());
          auto* sums =
              reinterpret_cast<int64_t*>(context.scratch + part * PartBytes() + PatchBytes());
          SumBlock(window, in + block.image * image_size, block, patches, sums);
          product_.stage.FinishSums(sums, block.count, params_.out_channels,
                                    out + (block.image * pixels + block.begin) * n);
        });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return product_.bytes(); }

 private:
  size_t PatchBytes() const { return RoundUp(int64_t{block_pixels_} * k_ * sizeof(int16_t), 64); }
  size_t PartBytes() const {
    return PatchBytes() +
           RoundUp(int64_t{block_pixels_} * params_.out_channels * sizeof(int64_t), 64);
  }

  void SumBlock(const Window& window, const int16_t* image, const PixelBlock& block,
                int16_t* patches, int64_t* sums) const {
    const int64_t n = params_.out_channels;
    for (int32_t g = 0; g < groups_; ++g) {
      for (int64_t i = 0; i < block.count; ++i) {
        const auto pixel = static_cast<int32_t>(block.begin + i);
        GatherPatch(window, image, params_.in_channels, g * group_in_, group_in_,
                    pixel / window.w.out, pixel % window.w.out, int16_t{0}, patches + i * k_);
      }
      for (int64_t c = int64_t{g} * group_out_; c < int64_t{g + 1} * group_out_; ++c) {
        const int16_t* weights = product_.weights.data() + c * k_;
        for (int64_t i = 0; i < block.count; ++i) {
          sums[i * n + c] =
              product_.bias[c] + DotS16(patches + i * k_, weights, k_, product_.chunk);
        }
      }
    }
  }

  const int32_t groups_;
  const int32_t group_in_;
  const int32_t group_out_;
  const int32_t k_;
  const int32_t block_pixels_;
  const IntegerProduct product_;
};

}  // namespace

PreparedOp PrepareConv2DS16(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const Conv2DSetup setup, SetUpConv2D(context));
  IntegerProductParams params;
  params.input = context.input(0);
  params.weights = setup.weights;
  params.bias = setup.bias;
  params.output = &context.output(0);
  params.activation = setup.activation;
  params.channels = setup.params.out_channels;
  params.channel_stride = setup.group_k();
  params.int32_sums = setup.bias != nullptr && setup.bias->type == DataType::kInt32;
  params.half_up_channels = setup.groups == 1 ? setup.params.out_channels : 0;
  OCTET_ASSIGN_OR_RETURN(auto product, IntegerProduct::Make(params, context.rounding));
  return std::make_unique<Conv2DS16>(setup, std::move(product));
}

}  // namespace octet::ops
