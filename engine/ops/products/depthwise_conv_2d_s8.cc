// DEPTHWISE_CONV_2D, 8-bit activations and weights, int8 or uint8.
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/products/depthwise_conv_2d.h"
#include "engine/ops/products/integer_product.h"
#include "engine/ops/products/output_stage.h"

namespace octet::ops {
namespace {

class DepthwiseConv2DS8 final : public BandedOp {
 public:
  DepthwiseConv2DS8(const ConvParams& params, DepthwiseGemm gemm, OutputStage stage,
                    int8_t zero_point)
      : BandedOp(params),
        gemm_(std::move(gemm)),
        stage_(std::move(stage)),
        zero_point_(zero_point) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    return MaxParts(threads) * PartBytes(WindowFor(inputs[0]));
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    const size_t part_bytes = PartBytes(window);
    const int64_t image_size = input.InnerElements(1);
    const int64_t row_size = int64_t{window.w.out} * params_.out_channels;
    const auto* in = context.in<int8_t>(0);
    auto* out = context.out<int8_t>(0);
    // A block is one row of output pixels.
    ForEachPixelBlock(context.pool, input.dim(0), window.out_pixels(), window.w.out,
                      [&](int64_t part, const PixelBlock& block) {
                        const auto oy = static_cast<int32_t>(block.begin / window.w.out);
                        RunRow(window, in + block.image * image_size, oy,
                               context.scratch + part * part_bytes,
                               out + (block.image * window.h.out + oy) * row_size);
                      });
    return absl::OkStatus();
  }

  bool RunsBands() const override { return true; }
  size_t BandScratchBytes(const Window& window) const override { return PartBytes(window); }
  void RunBand(const Window& window, const ImageRows& rows, int32_t begin, int32_t end,
               std::byte* scratch, int8_t* out) const override {
    const int64_t row_size = int64_t{window.w.out} * params_.out_channels;
    for (int32_t oy = begin; oy < end; ++oy, out += row_size) {
      RunRow(window, rows, oy, scratch, out);
    }
  }

  size_t ConstantBytes() const override { return gemm_.packed_bytes(); }

 private:
  void RunRow(const Window& window, const ImageRows& image, int32_t oy, std::byte* scratch,
              int8_t* out) const {
    if (stage_.fused()) {
      gemm_.RunRow(window, image, zero_point_, oy, stage_.epilogue(), scratch, out);
      return;
    }
    auto* acc = reinterpret_cast<int32_t*>(scratch + gemm_.ScratchBytes(window.w.in, window.w.out));
    gemm_.RunRow(window, image, zero_point_, oy, Int32Epilogue(), scratch, acc);
    stage_.Finish(acc, window.w.out, params_.out_channels, out, params_.out_channels);
  }

  size_t PartBytes(const Window& window) const {
    const int64_t acc = stage_.fused() ? 0 : int64_t{window.w.out} * params_.out_channels * 4;
    return gemm_.ScratchBytes(window.w.in, window.w.out) + RoundUp(acc, 64);
  }

  const DepthwiseGemm gemm_;
  const OutputStage stage_;
  const int8_t zero_point_;
};

}  // namespace

PreparedOp PrepareDepthwiseConv2DS8(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const DepthwiseSetup setup, SetUpDepthwise(context));
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  OCTET_RETURN_IF_ERROR(CheckSymmetricWeights(*setup.weights, 3));
  const int32_t channels = setup.params.out_channels;
  const std::vector<float> scales = ChannelScales(setup.weights->quantization, channels);
  OutputStageParams stage_params = StageBetween(input.quantization, scales, output.quantization);
  stage_params.rule = ConvolutionRule(context.rounding, scales);
  // The builtin kernel works on eight channels at a time, and finishes the rest in another way.
  stage_params.half_up_channels = channels / 8 * 8;
  OCTET_ASSIGN_OR_RETURN(stage_params.range, ActivationCodes(setup.activation, output,
                                                             ActivationRule(stage_params.rule)));

  const int32_t zero_point = input.quantization.zero_point[0];
  absl::Span<const int32_t> bias;
  if (setup.bias != nullptr) bias = setup.bias->values<int32_t>();
  OCTET_ASSIGN_OR_RETURN(DepthwiseGemm gemm,
                         DepthwiseGemm::Make(setup, {setup.weights->values<int8_t>()}, bias,
                                             zero_point, context.isas));
  stage_params.repeats = gemm.repeats();
  OCTET_ASSIGN_OR_RETURN(OutputStage stage, OutputStage::Make(stage_params, gemm.c_tile()));
  return std::make_unique<DepthwiseConv2DS8>(setup.params, std::move(gemm), std::move(stage),
                                             static_cast<int8_t>(zero_point));
}

PreparedOp PrepareDepthwiseConv2DU8(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const DepthwiseSetup setup, SetUpDepthwise(context));
  IntegerProductParams params;
  params.input = context.input(0);
  params.weights = setup.weights;
  params.output = &context.output(0);
  params.activation = setup.activation;
  params.quantized_dimension = 3;
  const std::vector<float> scales =
      ChannelScales(setup.weights->quantization, setup.params.out_channels);
  OCTET_ASSIGN_OR_RETURN(OutputStageParams stage_params,
                         IntegerStage(params, scales, context.rounding));

  const int32_t zero_point = params.input->quantization.zero_point[0];
  absl::Span<const int32_t> bias;
  if (setup.bias != nullptr) bias = setup.bias->values<int32_t>();
  const CentredWeights weights = CentreWeights(*setup.weights, 1);
  OCTET_ASSIGN_OR_RETURN(
      DepthwiseGemm gemm,
      DepthwiseGemm::Make(setup, weights.view(), bias, zero_point - kUnsignedOffset, context.isas));
  stage_params.repeats = gemm.repeats();
  OCTET_ASSIGN_OR_RETURN(OutputStage stage,
                         OutputStage::Make(OnSignedCodes(stage_params), gemm.c_tile()));
  return std::make_unique<DepthwiseConv2DS8>(setup.params, std::move(gemm), std::move(stage),
                                             static_cast<int8_t>(zero_point));
}

}  // namespace octet::ops
