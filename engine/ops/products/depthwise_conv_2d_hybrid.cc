// DEPTHWISE_CONV_2D, float activations quantized on the fly (one scale an image) and int8 weights.
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/products/depthwise_conv_2d.h"
#include "engine/ops/products/hybrid.h"
#include "engine/ops/products/output_stage.h"

namespace octet::ops {
namespace {

// Scratch: [quantization of each image][codes of the whole input][each part's own].
class DepthwiseConv2DHybrid final : public ConvOp {
 public:
  DepthwiseConv2DHybrid(const ConvParams& params, DepthwiseGemm gemm, HybridStage stage)
      : ConvOp(params), gemm_(std::move(gemm)), stage_(std::move(stage)) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    return InputBytes(inputs[0]) + MaxParts(threads) * PartBytes(WindowFor(inputs[0]));
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    const int64_t image_size = input.InnerElements(1);
    auto* images = reinterpret_cast<RowQuantization*>(context.scratch);
    auto* codes = reinterpret_cast<int8_t*>(context.scratch + QuantizationBytes(input));
    QuantizeRowsTogether(*stage_.kernels, RowRule::kAsymmetric, context.in<float>(0), input.dim(0),
                         image_size, images, codes, context.pool);

    std::byte* parts = context.scratch + InputBytes(input);
    const int32_t n = params_.out_channels;
    auto* out = context.out<float>(0);
    ForEachPixelBlock(
        context.pool, input.dim(0), window.out_pixels(), window.w.out,
        [&](int64_t part, const PixelBlock& block) {
          std::byte* scratch = parts + part * PartBytes(window);
          auto* acc =
              reinterpret_cast<int32_t*>(scratch + gemm_.ScratchBytes(window.w.in, window.w.out));
          const RowQuantization quantization = images[block.image];
          gemm_.RunRow(window, codes + block.image * image_size,
                       static_cast<int8_t>(quantization.zero_point),
                       static_cast<int32_t>(block.begin / window.w.out), Int32Epilogue(), scratch,
                       acc);
          stage_.Finish({acc, n, block.count, &quantization, 0, 0, n,
                         out + (block.image * window.out_pixels() + block.begin) * n, n});
        });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return gemm_.packed_bytes(); }

 private:
  static size_t QuantizationBytes(const Shape& input) {
    return RoundUp(int64_t{input.dim(0)} * sizeof(RowQuantization), 64);
  }
  static size_t InputBytes(const Shape& input) {
    return QuantizationBytes(input) +
           RoundUp(input.num_elements() + kernels::kDepthwiseOverReadBytes, 64);
  }
  size_t PartBytes(const Window& window) const {
    return gemm_.ScratchBytes(window.w.in, window.w.out) +
           RoundUp(int64_t{window.w.out} * params_.out_channels * sizeof(int32_t), 64);
  }

  const DepthwiseGemm gemm_;
  const HybridStage stage_;
};

}  // namespace

PreparedOp PrepareDepthwiseConv2DHybrid(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const DepthwiseSetup setup, SetUpDepthwise(context));
  OCTET_RETURN_IF_ERROR(CheckSymmetricWeights(*setup.weights, 3));
  const int32_t channels = setup.params.out_channels;
  HybridStage stage(context.isas);
  // XNNPACK does not take this operator: both rules are builtin kernels', one of which works on
  // four channels at a time.
  stage.order = kernels::kCombined;
  if (context.rounding == Rounding::kFloat32) {
    stage.order = kernels::kWeightThenRow;
    stage.tail_begin = channels / 4 * 4;
  }
  stage.weight_scales = ChannelScales(setup.weights->quantization, channels);
  if (setup.bias != nullptr) {
    const auto bias = setup.bias->values<float>();
    stage.bias.assign(bias.begin(), bias.end());
  }
  OCTET_RETURN_IF_ERROR(stage.SetWeights(setup.weights->values<int8_t>(), channels, 1, channels));
  OCTET_ASSIGN_OR_RETURN(stage.range, ActivationValues(setup.activation));
  OCTET_ASSIGN_OR_RETURN(
      DepthwiseGemm gemm,
      DepthwiseGemm::Make(setup, {setup.weights->values<int8_t>()}, {}, 0, context.isas));
  return std::make_unique<DepthwiseConv2DHybrid>(setup.params, std::move(gemm), std::move(stage));
}

}  // namespace octet::ops
