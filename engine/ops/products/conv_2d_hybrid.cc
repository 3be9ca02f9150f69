// CONV_2D, float activations quantized on the fly and int8 weights.
#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/products/conv_2d.h"
#include "engine/ops/products/grouped_gemm.h"
#include "engine/ops/products/hybrid.h"
#include "engine/ops/products/matmul_s8.h"
#include "engine/ops/products/output_stage.h"

namespace octet::ops {
namespace {

// Scratch: [quantization of each row of scale][codes of the whole input][patches and accumulators
// of each part].
class Conv2DHybrid final : public ConvOp {
 public:
  Conv2DHybrid(const ConvParams& params, GroupedGemm gemm, HybridStage stage, RowRule rule,
               bool scale_per_pixel)
      : ConvOp(params),
        gemm_(std::move(gemm)),
        stage_(std::move(stage)),
        rule_(rule),
        scale_per_pixel_(scale_per_pixel) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    return RowBytes(inputs[0]) + CodeBytes(inputs[0]) + MaxParts(threads) * PartBytes();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    auto* rows = reinterpret_cast<RowQuantization*>(context.scratch);
    auto* codes = reinterpret_cast<int8_t*>(context.scratch + RowBytes(input));
    std::byte* parts = context.scratch + RowBytes(input) + CodeBytes(input);
    QuantizeInput(context, rows, codes);

    auto* out = context.out<float>(0);
    const int32_t n = params_.out_channels;
    const int64_t pixels = window.out_pixels();
    ForEachPixelBlock(
        context.pool, input.dim(0), pixels, gemm_.block_pixels(),
        [&](int64_t part, const PixelBlock& block) {
          auto* patches = reinterpret_cast<int8_t*>(parts + part * PartBytes());
          auto* acc = reinterpret_cast<int32_t*>(parts + part * PartBytes() + gemm_.PatchBytes());
          // A scale per pixel comes with a window of one tap, which never needs a fill.
          const auto fill =
              static_cast<int8_t>(scale_per_pixel_ ? 0 : rows[block.image].zero_point);
          gemm_.RunBlock(window, codes + block.image * input.InnerElements(1), fill, block,
                         Int32Epilogue(), patches, acc, n);
          for (int64_t i = 0; i < block.count; ++i) {
            const int64_t pixel = block.image * pixels + block.begin + i;
            stage_.Finish(acc + i * n, rows[scale_per_pixel_ ? pixel : block.image], 0, n,
                          out + pixel * n);
          }
        });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return gemm_.packed_bytes(); }

 private:
  int64_t RowCount(const Shape& input) const {
    return scale_per_pixel_ ? input.OuterElements(3) : input.dim(0);
  }
  size_t RowBytes(const Shape& input) const {
    return RoundUp(RowCount(input) * sizeof(RowQuantization), 64);
  }
  size_t CodeBytes(const Shape& input) const {
    return RoundUp(input.num_elements() + kernels::kGemmOverReadBytes, 64);
  }
  size_t PartBytes() const {
    return gemm_.PatchBytes() +
           RoundUp(int64_t{gemm_.block_pixels()} * params_.out_channels * sizeof(int32_t), 64);
  }

  void QuantizeInput(const RunContext& context, RowQuantization* rows, int8_t* codes) const {
    const Shape& input = context.input_shapes[0];
    const int64_t count = RowCount(input);
    const int64_t length = count == 0 ? 0 : input.num_elements() / count;
    const auto* in = context.in<float>(0);
    const int64_t parts = std::min<int64_t>(count, context.threads());
    ForEachPart(context.pool, parts, [&](int64_t part) {
      const Range range = Share(count, 1, part, parts);
      for (int64_t r = range.begin; r < range.end; ++r) {
        rows[r] = QuantizeRow(*stage_.kernels, rule_,
                              {in + r * length, static_cast<size_t>(length)}, codes + r * length);
      }
    });
  }

  const GroupedGemm gemm_;
  const HybridStage stage_;
  const RowRule rule_;
  const bool scale_per_pixel_;
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
  return std::make_unique<Conv2DHybrid>(params, std::move(gemm), std::move(stage), rule,
                                        scale_per_pixel);
}

}  // namespace octet::ops
