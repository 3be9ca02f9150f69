// TRANSPOSE_CONV in float32, and with float activations quantized on the fly and int8 weights.
#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/products/hybrid.h"
#include "engine/ops/products/integer_product.h"
#include "engine/ops/products/transpose_conv.h"

namespace octet::ops {
namespace {

class TransposeConvF32 final : public TransposeConv {
 public:
  TransposeConvF32(const TransposeConvSetup& setup, FloatRange range)
      : TransposeConv(setup),
        weights_(setup.weights->values<float>()),
        bias_(setup.bias == nullptr ? absl::Span<const float>() : setup.bias->values<float>()),
        range_(range) {}

  size_t ScratchBytes(absl::Span<const Shape>, int threads) const override {
    return threads * TapBytes();
  }

  absl::Status Run(const RunContext& context) const override {
    const int64_t image_size = context.input_shapes[2].InnerElements(1);
    const int64_t out_size = context.output_shapes[0].InnerElements(1);
    ForEachPixel(context, context.scratch,
                 [&](int64_t, int64_t image, int64_t pixel, absl::Span<const TransposeTap> taps) {
                   RunPixel(context.in<float>(2) + image * image_size, taps,
                            context.out<float>(0) + image * out_size + pixel * setup_.out_channels);
                 });
    return absl::OkStatus();
  }

 private:
  void RunPixel(const float* image, absl::Span<const TransposeTap> taps, float* out) const {
    const int64_t k = setup_.in_channels;
    for (int64_t c = 0; c < setup_.out_channels; ++c) {
      const float* weights = weights_.data() + c * setup_.taps() * k;
      float sum = bias_.empty() ? 0.0f : bias_[c];
      for (const TransposeTap& tap : taps) {
        const float* a = image + tap.pixel * k;
        const float* w = weights + tap.tap * k;
        for (int64_t i = 0; i < k; ++i) sum += a[i] * w[i];
      }
      out[c] = std::min(std::max(sum, range_.lo), range_.hi);
    }
  }

  const absl::Span<const float> weights_;  // the model's own memory
  const absl::Span<const float> bias_;
  const FloatRange range_;
};

// Scratch: [quantization of each image][codes][codes less their zero point][taps of each part].
class TransposeConvHybrid final : public TransposeConv {
 public:
  TransposeConvHybrid(const TransposeConvSetup& setup, HybridStage stage, Rounding rounding)
      : TransposeConv(setup), stage_(std::move(stage)), rounding_(rounding) {
    const auto codes = setup.weights->values<int8_t>();
    weights_.assign(codes.begin(), codes.end());
  }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    const Shape& input = inputs[2];
    return RowBytes(input) + CodeBytes(input) + CentredBytes<int8_t>(input.num_elements()) +
           threads * TapBytes();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[2];
    const int64_t image_size = input.InnerElements(1);
    auto* images = reinterpret_cast<RowQuantization*>(context.scratch);
    auto* codes = reinterpret_cast<int8_t*>(context.scratch + RowBytes(input));
    std::byte* after = context.scratch + RowBytes(input) + CodeBytes(input);
    auto* centred = reinterpret_cast<int16_t*>(after);
    for (int64_t i = 0; i < input.dim(0); ++i) {
      const absl::Span<const float> image(context.in<float>(2) + i * image_size, image_size);
      images[i] = QuantizeRow(
          *stage_.kernels,
          rounding_ == Rounding::kFloat32 ? RowRule::kAsymmetricXnn : RowRule::kAsymmetric, image,
          codes + i * image_size);
      CentredInput(codes + i * image_size, image_size, images[i].zero_point,
                   reinterpret_cast<std::byte*>(centred + i * image_size));
      images[i].zero_point = 0;
    }
    const int64_t out_size = context.output_shapes[0].InnerElements(1);
    ForEachPixel(context, after + CentredBytes<int8_t>(input.num_elements()),
                 [&](int64_t, int64_t image, int64_t pixel, absl::Span<const TransposeTap> taps) {
                   RunPixel(centred + image * image_size, images[image], taps,
                            context.out<float>(0) + image * out_size + pixel * setup_.out_channels);
                 });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return weights_.size() * sizeof(int16_t); }

 private:
  static size_t RowBytes(const Shape& input) {
    return RoundUp(input.dim(0) * sizeof(RowQuantization), 64);
  }
  static size_t CodeBytes(const Shape& input) { return RoundUp(input.num_elements(), 64); }

  void RunPixel(const int16_t* image, RowQuantization row, absl::Span<const TransposeTap> taps,
                float* out) const {
    const int64_t k = setup_.in_channels;
    for (int32_t c = 0; c < setup_.out_channels; ++c) {
      const int16_t* weights = weights_.data() + int64_t{c} * setup_.taps() * k;
      if (rounding_ == Rounding::kFixedPoint) {
        out[c] = SumOfFloats(image, row.scale, taps, weights, c);
        continue;
      }
      int64_t sum = 0;
      for (const TransposeTap& tap : taps) {
        sum += DotS16(image + tap.pixel * k, weights + tap.tap * k, k, SafeChunk(DataType::kInt8));
      }
      const auto acc = static_cast<int32_t>(sum);
      stage_.Finish(&acc, row, c, 1, out + c);
    }
  }

  // The reference kernel scales each product and sums in float32, input pixel by input pixel.
  float SumOfFloats(const int16_t* image, float scale, absl::Span<const TransposeTap> taps,
                    const int16_t* weights, int32_t c) const {
    const int64_t k = setup_.in_channels;
    float sum = 0;
    for (const TransposeTap& tap : taps) {
      const int16_t* a = image + tap.pixel * k;
      const int16_t* w = weights + tap.tap * k;
      for (int64_t i = 0; i < k; ++i) {
        const auto product = static_cast<float>(int32_t{a[i]} * w[i]);
        sum += (product * stage_.weight_scales[c]) * scale;
      }
    }
    if (!stage_.bias.empty()) sum += stage_.bias[c];
    return std::min(std::max(sum, stage_.range.lo), stage_.range.hi);
  }

  const HybridStage stage_;
  const Rounding rounding_;
  std::vector<int16_t> weights_;
};

}  // namespace

PreparedOp PrepareTransposeConvF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const TransposeConvSetup setup, SetUpTransposeConv(context));
  OCTET_ASSIGN_OR_RETURN(const FloatRange range, ActivationValues(setup.activation));
  return std::make_unique<TransposeConvF32>(setup, range);
}

PreparedOp PrepareTransposeConvHybrid(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const TransposeConvSetup setup, SetUpTransposeConv(context));
  OCTET_RETURN_IF_ERROR(CheckSymmetricWeights(*setup.weights, 0));
  HybridStage stage(context.isas);
  stage.weight_scales = ChannelScales(setup.weights->quantization, setup.out_channels);
  if (setup.bias != nullptr) {
    const auto bias = setup.bias->values<float>();
    stage.bias.assign(bias.begin(), bias.end());
  }
  OCTET_RETURN_IF_ERROR(stage.SetWeights(setup.weights->values<int8_t>(), setup.out_channels,
                                         int64_t{setup.taps()} * setup.in_channels, 1));
  OCTET_ASSIGN_OR_RETURN(stage.range, ActivationValues(setup.activation));
  return std::make_unique<TransposeConvHybrid>(setup, std::move(stage), context.rounding);
}

}  // namespace octet::ops
