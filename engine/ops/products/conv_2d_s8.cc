// CONV_2D, 8-bit activations and weights, int8 or uint8.
#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/products/conv_2d.h"
#include "engine/ops/products/grouped_gemm.h"
#include "engine/ops/products/integer_product.h"
#include "engine/ops/products/matmul_s8.h"
#include "engine/ops/products/output_stage.h"
#include "engine/ops/products/padded_product.h"
#include "engine/ops/spatial/banded_op.h"

namespace octet::ops {
namespace {

class Conv2DS8 final : public BandedOp {
 public:
  // `zero_point`: the input's, as the byte that stands for real zero.
  Conv2DS8(const ConvParams& params, GroupedGemm gemm, OutputStage stage, int8_t zero_point)
      : BandedOp(params),
        gemm_(std::move(gemm)),
        stage_(std::move(stage)),
        zero_point_(zero_point) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    const Window window = WindowFor(inputs[0]);
    if (MultipliesPadded(window)) {
      return PaddedFor(window, inputs[0].dim(0), threads).ScratchBytes();
    }
    if (MultipliesWhole(window)) {
      return gemm_.MatrixBytes(inputs[0].dim(0) * window.out_pixels());
    }
    return MaxParts(threads) * PartBytes(window);
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    const int64_t images = input.dim(0);
    const auto* in = context.in<int8_t>(0);
    auto* out = context.out<int8_t>(0);
    const int64_t n = params_.out_channels;
    if (MultipliesDirectly()) {
      RunMatmulS8(gemm_.single(), stage_.epilogue(), in, params_.in_channels,
                  images * window.out_pixels(), out, n, context.pool);
      return absl::OkStatus();
    }
    const int64_t image_size = input.InnerElements(1);
    const int64_t pixels = window.out_pixels();
    if (ReadsInPlace(window)) {
      RunInPlace(context, window);
      return absl::OkStatus();
    }
    if (MultipliesPadded(window)) {
      PaddedFor(window, images, context.threads()).Run(context, stage_.epilogue(), zero_point_);
      return absl::OkStatus();
    }
    if (MultipliesWhole(window)) {
      RunWhole(context, window);
      return absl::OkStatus();
    }
    const size_t part_bytes = PartBytes(window);
    ForEachPixelBlock(context.pool, images, pixels, gemm_.block_pixels(),
                      [&](int64_t part, const PixelBlock& block) {
                        RunPixels(window, in + block.image * image_size, block,
                                  context.scratch + part * part_bytes,
                                  out + (block.image * pixels + block.begin) * n);
                      });
    return absl::OkStatus();
  }

  bool RunsBands() const override { return params_.is_pointwise(); }
  size_t BandScratchBytes(const Window& window) const override {
    return MultipliesDirectly() ? 0 : PartBytes(window);
  }
  void RunBand(const Window& window, const ImageRows& rows, int32_t begin, int32_t end,
               std::byte* scratch, int8_t* out) const override {
    const int64_t pixels = int64_t{end - begin} * window.w.out;
    const int8_t* in = rows.row(begin, int64_t{window.w.in} * params_.in_channels);
    if (MultipliesDirectly()) {
      RunMatmulS8(gemm_.single(), stage_.epilogue(), in, params_.in_channels, pixels, out,
                  params_.out_channels, /*pool=*/nullptr);
      return;
    }
    Window band = window;
    band.h.in = band.h.out = end - begin;
    const int64_t block = gemm_.block_pixels();
    for (int64_t pixel = 0; pixel < pixels; pixel += block) {
      RunPixels(band, in, {0, pixel, std::min(block, pixels - pixel)}, scratch,
                out + pixel * params_.out_channels);
    }
  }

  size_t ConstantBytes() const override { return gemm_.packed_bytes(); }

 private:
  // Whether a pointwise convolution is one product of the image as it lies there.
  bool MultipliesDirectly() const {
    return params_.is_pointwise() && !gemm_.is_grouped() && !gemm_.flips() && stage_.fused();
  }

  // A block of pixels of one image, written from `out` on.
  void RunPixels(const Window& window, const int8_t* image, const PixelBlock& block,
                 std::byte* scratch, int8_t* out) const {
    auto* patches = reinterpret_cast<int8_t*>(scratch);
    const int64_t n = params_.out_channels;
    if (stage_.fused()) {
      gemm_.RunBlock(window, image, zero_point_, block, stage_.epilogue(), patches, out, n);
      return;
    }
    auto* acc = reinterpret_cast<int32_t*>(scratch + gemm_.PatchBytes());
    gemm_.RunBlock(window, image, zero_point_, block, stage_.epilogue(), patches, acc, n);
    stage_.Finish(acc, block.count, static_cast<int32_t>(n), out, n);
  }

  // Blocks of whole output rows, as many for each thread.
  void RunInPlace(const RunContext& context, const Window& window) const {
    const int64_t blocks =
        RoundUp(CeilDiv(window.h.out, gemm_.BandRows(window)), context.threads());
    const int64_t rows = CeilDiv(window.h.out, blocks);
    const int64_t image_size = context.input_shapes[0].InnerElements(1);
    const size_t part_bytes = PartBytes(window);
    ForEachPixelBlock(
        context.pool, context.input_shapes[0].dim(0), window.out_pixels(), rows * window.w.out,
        [&](int64_t part, const PixelBlock& block) {
          const auto begin = static_cast<int32_t>(block.begin / window.w.out);
          const auto end = static_cast<int32_t>(begin + block.count / window.w.out);
          int8_t* out = context.out<int8_t>(0) +
                        (block.image * window.out_pixels() + block.begin) * params_.out_channels;
          gemm_.RunRows(window, context.in<int8_t>(0) + block.image * image_size, zero_point_,
                        begin, end, stage_.epilogue(),
                        reinterpret_cast<int8_t*>(context.scratch + part * part_bytes), out);
        });
  }

  bool ReadsInPlace(const Window& window) const {
    return stage_.fused() && gemm_.ReadsInPlace(window) && !MultipliesPadded(window);
  }
  bool MultipliesPadded(const Window& window) const {
    return stage_.fused() && gemm_.MultipliesPadded(window);
  }
  bool MultipliesWhole(const Window& window) const {
    return stage_.fused() && gemm_.prefers_whole() && !ReadsInPlace(window) &&
           !MultipliesPadded(window);
  }

  PaddedProduct PaddedFor(const Window& window, int64_t images, int threads) const {
    return {gemm_.single(), window, params_.in_channels, images, threads};
  }

  // All pixels' patches, or as many as stay in cache, and then one product.
  void RunWhole(const RunContext& context, const Window& window) const {
    const int64_t image_size = context.input_shapes[0].InnerElements(1);
    const int64_t rows = context.input_shapes[0].dim(0) * window.out_pixels();
    const int64_t most = gemm_.MatrixRows(rows);
    const int64_t k = gemm_.single().segments * int64_t{gemm_.single().segment_length};
    const int64_t n = params_.out_channels;
    auto* patches = reinterpret_cast<int8_t*>(context.scratch);
    for (int64_t begin = 0; begin < rows; begin += most) {
      const int64_t count = std::min(most, rows - begin);
      ForEachPart(context.pool, context.threads(), [&](int64_t part) {
        const Range share = Share(count, 1, part, context.threads());
        gemm_.GatherRows(window, context.in<int8_t>(0), image_size, zero_point_,
                         begin + share.begin, begin + share.end, patches + share.begin * k);
      });
      RunMatmulS8(gemm_.single(), stage_.epilogue(), patches, k, count,
                  context.out<int8_t>(0) + begin * n, n, context.pool,
                  gemm_.single().segment_length);
    }
  }

  // Scratch of one part: padded lines, or patches, with accumulators where the kernel cannot
  // finish.
  size_t PartBytes(const Window& window) const {
    if (ReadsInPlace(window)) return gemm_.BandBytes(window);
    const int64_t acc =
        stage_.fused() ? 0 : int64_t{gemm_.block_pixels()} * params_.out_channels * 4;
    return gemm_.PatchBytes() + RoundUp(acc, 64);
  }

  const GroupedGemm gemm_;
  const OutputStage stage_;
  const int8_t zero_point_;
};

}  // namespace

PreparedOp PrepareConv2DS8(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const Conv2DSetup setup, SetUpConv2D(context));
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  OCTET_RETURN_IF_ERROR(CheckSymmetricWeights(*setup.weights, 0));
  const std::vector<float> scales =
      ChannelScales(setup.weights->quantization, setup.params.out_channels);
  OutputStageParams stage_params = StageBetween(input.quantization, scales, output.quantization);
  stage_params.rule = ConvolutionRule(context.rounding, scales);
  // The builtin kernel leaves groups to the reference kernel.
  stage_params.half_up_channels = setup.groups == 1 ? setup.params.out_channels : 0;
  OCTET_ASSIGN_OR_RETURN(stage_params.range, ActivationCodes(setup.activation, output,
                                                             ActivationRule(stage_params.rule)));

  const int32_t zero_point = input.quantization.zero_point[0];
  absl::Span<const int32_t> bias;
  if (setup.bias != nullptr) bias = setup.bias->values<int32_t>();
  OCTET_ASSIGN_OR_RETURN(
      GroupedGemm gemm,
      GroupedGemm::Make(setup, {setup.weights->values<int8_t>()}, bias, zero_point, context.isas));
  OCTET_ASSIGN_OR_RETURN(OutputStage stage, OutputStage::Make(stage_params, gemm.n_tile()));
  return std::make_unique<Conv2DS8>(setup.params, std::move(gemm), std::move(stage),
                                    static_cast<int8_t>(zero_point));
}

PreparedOp PrepareConv2DU8(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const Conv2DSetup setup, SetUpConv2D(context));
  IntegerProductParams params;
  params.input = context.input(0);
  params.weights = setup.weights;
  params.output = &context.output(0);
  params.activation = setup.activation;
  const int32_t channels = setup.params.out_channels;
  const std::vector<float> scales = ChannelScales(setup.weights->quantization, channels);
  OCTET_ASSIGN_OR_RETURN(OutputStageParams stage_params,
                         IntegerStage(params, scales, context.rounding));

  const int32_t zero_point = params.input->quantization.zero_point[0];
  absl::Span<const int32_t> bias;
  if (setup.bias != nullptr) bias = setup.bias->values<int32_t>();
  const CentredWeights weights = CentreWeights(*setup.weights, channels);
  OCTET_ASSIGN_OR_RETURN(
      GroupedGemm gemm,
      GroupedGemm::Make(setup, weights.view(), bias, zero_point - kUnsignedOffset, context.isas));
  OCTET_ASSIGN_OR_RETURN(OutputStage stage,
                         OutputStage::Make(OnSignedCodes(stage_params), gemm.n_tile()));
  return std::make_unique<Conv2DS8>(setup.params, std::move(gemm), std::move(stage),
                                    static_cast<int8_t>(zero_point));
}

}  // namespace octet::ops
