// CONV_2D, float activations quantized on the fly and int8 weights.
#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/products/conv_2d.h"
#include "engine/ops/products/grouped_gemm.h"
#include "engine/ops/products/hybrid.h"
#include "engine/ops/products/hybrid_matmul.h"
#include "engine/ops/products/output_stage.h"

namespace octet::ops {
namespace {

// One scale for each pixel, which is a row of a product. Scratch: that of RunHybridMatmul.
class PointwiseHybrid final : public ConvOp {
 public:
  PointwiseHybrid(const ConvParams& params, GroupedGemm gemm, HybridStage stage, RowRule rule)
      : ConvOp(params), gemm_(std::move(gemm)), stage_(std::move(stage)), rule_(rule) {}

  size_t ScratchBytes(absl::Span<const Shape>, int threads) const override {
    return HybridMatmulBytes(gemm_.single(), threads);
  }

  absl::Status Run(const RunContext& context) const override {
    RunHybridMatmul(stage_, rule_, gemm_.single(), context.in<float>(0),
                    context.input_shapes[0].OuterElements(3), context.out<float>(0),
                    context.scratch, context.pool);
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return gemm_.packed_bytes(); }

 private:
  const GroupedGemm gemm_;
  const HybridStage stage_;
  const RowRule rule_;
};

// One scale for each image. Scratch: [those scales][codes of the whole input][a matrix of patches,
// if the product is of whole ones][each part's own].
class Conv2DHybrid final : public ConvOp {
 public:
  Conv2DHybrid(const ConvParams& params, GroupedGemm gemm, HybridStage stage, RowRule rule)
      : ConvOp(params), gemm_(std::move(gemm)), stage_(std::move(stage)), rule_(rule) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    const Window window = WindowFor(inputs[0]);
    return InputBytes(inputs[0]) + MatrixBytes(window) + MaxParts(threads) * PartBytes(window);
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    auto* images = reinterpret_cast<RowQuantization*>(context.scratch);
    auto* codes = reinterpret_cast<int8_t*>(context.scratch + RowBytes(input));
    QuantizeRowsTogether(*stage_.kernels, rule_, context.in<float>(0), input.dim(0),
                         input.InnerElements(1), images, codes, context.pool);
    if (IsMatrix(window) || MultipliesWhole(window)) {
      for (int64_t i = 0; i < input.dim(0); ++i) RunImage(context, window, i, images[i], codes);
    } else if (gemm_.ReadsInPlace(window)) {
      RunInPlace(context, window, images, codes);
    } else {
      RunBlocks(context, window, images, codes);
    }
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return gemm_.packed_bytes(); }

 private:
  // Sums of so many bytes stay in cache until they are finished.
  static constexpr int64_t kSumBytes = 64 << 10;

  bool IsMatrix(const Window& window) const { return window.is_pointwise() && !gemm_.is_grouped(); }
  bool MultipliesWhole(const Window& window) const {
    return gemm_.prefers_whole() && !gemm_.ReadsInPlace(window);
  }

  static size_t RowBytes(const Shape& input) {
    return RoundUp(input.dim(0) * sizeof(RowQuantization), 64);
  }
  static size_t InputBytes(const Shape& input) {
    return RowBytes(input) + RoundUp(input.num_elements() + kernels::kGemmOverReadBytes, 64);
  }
  size_t MatrixBytes(const Window& window) const {
    return MultipliesWhole(window) ? gemm_.MatrixBytes(window.out_pixels()) : 0;
  }
  int64_t SumBytes(int64_t pixels) const {
    return RoundUp(pixels * params_.out_channels * sizeof(int32_t), 64);
  }
  // Output rows that are computed before they are finished.
  int64_t RowsInPlace(const Window& window) const {
    return std::clamp<int64_t>(kSumBytes / SumBytes(window.w.out), 1, gemm_.BandRows(window));
  }
  size_t PartBytes(const Window& window) const {
    if (IsMatrix(window) || MultipliesWhole(window)) return HybridSumBytes(gemm_.single());
    if (gemm_.ReadsInPlace(window)) {
      return gemm_.BandBytes(window) + SumBytes(RowsInPlace(window) * window.w.out);
    }
    return gemm_.PatchBytes() + SumBytes(gemm_.block_pixels());
  }

  void Finish(const int32_t* acc, const PixelBlock& block, const RowQuantization* quantization,
              int64_t pixels, float* out) const {
    const int32_t n = params_.out_channels;
    stage_.Finish({acc, n, block.count, quantization, 0, 0, n,
                   out + (block.image * pixels + block.begin) * n, n});
  }

  // An image whose pixels are the rows of a matrix, or become them, as many as stay in cache.
  void RunImage(const RunContext& context, const Window& window, int64_t image,
                const RowQuantization& quantization, const int8_t* codes) const {
    const Shape& input = context.input_shapes[0];
    const int64_t pixels = window.out_pixels();
    const kernels::PackedGemmS8& packed = gemm_.single();
    const int64_t k = int64_t{packed.segments} * packed.segment_length;
    std::byte* matrix = context.scratch + InputBytes(input);
    std::byte* parts = matrix + MatrixBytes(window);
    float* out = context.out<float>(0) + image * pixels * params_.out_channels;
    codes += image * input.InnerElements(1);
    if (IsMatrix(window)) {
      RunHybridProduct(stage_, packed, {codes, k, k, pixels, &quantization, 0}, out, parts,
                       context.pool);
      return;
    }
    auto* patches = reinterpret_cast<int8_t*>(matrix);
    const int64_t most = gemm_.MatrixRows(pixels);
    for (int64_t begin = 0; begin < pixels; begin += most) {
      const int64_t count = std::min(most, pixels - begin);
      ForEachPart(context.pool, context.threads(), [&](int64_t part) {
        const Range share = Share(count, 1, part, context.threads());
        gemm_.GatherRows(window, codes, 0, static_cast<int8_t>(quantization.zero_point),
                         begin + share.begin, begin + share.end, patches + share.begin * k);
      });
      RunHybridProduct(stage_, packed, {patches, k, packed.segment_length, count, &quantization, 0},
                       out + begin * params_.out_channels, parts, context.pool);
    }
  }

  // Blocks of whole output rows.
  void RunInPlace(const RunContext& context, const Window& window, const RowQuantization* images,
                  const int8_t* codes) const {
    const Shape& input = context.input_shapes[0];
    const int64_t pixels = window.out_pixels();
    std::byte* parts = context.scratch + InputBytes(input);
    ForEachPixelBlock(context.pool, input.dim(0), pixels, RowsInPlace(window) * window.w.out,
                      [&](int64_t part, const PixelBlock& block) {
                        std::byte* scratch = parts + part * PartBytes(window);
                        auto* band = reinterpret_cast<int8_t*>(scratch);
                        auto* acc = reinterpret_cast<int32_t*>(scratch + gemm_.BandBytes(window));
                        gemm_.RunRows(
                            window, codes + block.image * input.InnerElements(1),
                            static_cast<int8_t>(images[block.image].zero_point),
                            static_cast<int32_t>(block.begin / window.w.out),
                            static_cast<int32_t>((block.begin + block.count) / window.w.out),
                            Int32Epilogue(), band, acc);
                        Finish(acc, block, images + block.image, pixels, context.out<float>(0));
                      });
  }

  // Blocks of patches.
  void RunBlocks(const RunContext& context, const Window& window, const RowQuantization* images,
                 const int8_t* codes) const {
    const Shape& input = context.input_shapes[0];
    const int64_t pixels = window.out_pixels();
    std::byte* parts = context.scratch + InputBytes(input);
    ForEachPixelBlock(context.pool, input.dim(0), pixels, gemm_.block_pixels(),
                      [&](int64_t part, const PixelBlock& block) {
                        std::byte* scratch = parts + part * PartBytes(window);
                        auto* patches = reinterpret_cast<int8_t*>(scratch);
                        auto* acc = reinterpret_cast<int32_t*>(scratch + gemm_.PatchBytes());
                        gemm_.RunBlock(window, codes + block.image * input.InnerElements(1),
                                       static_cast<int8_t>(images[block.image].zero_point), block,
                                       Int32Epilogue(), patches, acc, params_.out_channels);
                        Finish(acc, block, images + block.image, pixels, context.out<float>(0));
                      });
  }

  const GroupedGemm gemm_;
  const HybridStage stage_;
  const RowRule rule_;
};

}  // namespace

PreparedOp PrepareConv2DHybrid(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const Conv2DSetup setup, SetUpConv2D(context));
  OCTET_RETURN_IF_ERROR(CheckSymmetricWeights(*setup.weights, 0));
  const ConvParams& params = setup.params;
  HybridStage stage(context.isas);
  stage.weight_scales = ChannelScales(setup.weights->quantization, params.out_channels);
  if (setup.bias != nullptr) {
    const auto bias = setup.bias->values<float>();
    stage.bias.assign(bias.begin(), bias.end());
  }
  const int64_t k = setup.group_k();
  OCTET_RETURN_IF_ERROR(
      stage.SetWeights(setup.weights->values<int8_t>(), params.out_channels, k, 1));
  OCTET_ASSIGN_OR_RETURN(stage.range, ActivationValues(setup.activation));

  RowRule rule = RowRule::kAsymmetricXnn;
  bool scale_per_pixel = false;
  // Codes in old files stand in bytes called uint8; XNNPACK leaves them to the builtin kernel.
  if (context.rounding == Rounding::kFloat32 && setup.weights->type == DataType::kInt8) {
    scale_per_pixel =
        params.taps() == 1 && params.stride_h == 1 && params.stride_w == 1 && setup.groups == 1;
  } else {
    const float first = stage.weight_scales[0];
    const bool one_scale = std::all_of(stage.weight_scales.begin(), stage.weight_scales.end(),
                                       [first](float s) { return s == first; });
    rule = one_scale ? RowRule::kSymmetric : RowRule::kAsymmetric;
    stage.order = one_scale ? kernels::kCombined : kernels::kWeightThenRow;
  }
  OCTET_ASSIGN_OR_RETURN(
      GroupedGemm gemm,
      GroupedGemm::Make(setup, {setup.weights->values<int8_t>()}, {}, 0, context.isas));
  if (scale_per_pixel) {
    return std::make_unique<PointwiseHybrid>(params, std::move(gemm), std::move(stage), rule);
  }
  return std::make_unique<Conv2DHybrid>(params, std::move(gemm), std::move(stage), rule);
}

}  // namespace octet::ops
