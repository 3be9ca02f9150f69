#include "engine/ops/products/output_stage.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/kernels/packing.h"

namespace octet::ops {
namespace {

constexpr double kMaxMultiplier = 1073741824.0;
constexpr int kMaxWideExponent = 14;  // leaves a bit to round on

// MB64. |sum| is at most 2^47, so that the product stays in 63 bits.
int64_t MultiplyWideSum(int64_t sum, int32_t multiplier, int32_t exponent) {
  const int64_t reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
  return (sum * reduced + (int64_t{1} << (14 - exponent))) >> (15 - exponent);
}

}  // namespace

OutputStageParams StageBetween(const Quantization& input, absl::Span<const float> weight_scales,
                               const Quantization& output) {
  OutputStageParams params;
  params.input_scale = input.scale[0];
  params.weight_scales = weight_scales;
  params.output_scale = output.scale[0];
  params.output_zero_point = output.zero_point[0];
  return params;
}

absl::StatusOr<OutputStage> OutputStage::Make(const OutputStageParams& params, int32_t tile) {
  const int64_t n = params.weight_scales.size();
  OutputStage stage;
  stage.rule_ = params.rule;
  stage.zero_point_ = params.output_zero_point;
  stage.range_ = params.range;
  stage.half_up_channels_ = params.half_up_channels;
  const int64_t repeated = n * params.repeats;
  const int64_t padded = repeated + tile;
  stage.multiplier_.resize(padded);
  stage.exponent_.resize(padded);
  stage.scale_.resize(padded);
  stage.scale64_.resize(padded);
  for (int64_t c = 0; c < n; ++c) {
    const float product = params.input_scale * params.weight_scales[c];
    const double real = static_cast<double>(params.input_scale) *
                        static_cast<double>(params.weight_scales[c]) /
                        static_cast<double>(params.output_scale);
    if (!(real < kMaxMultiplier) || !(product / params.output_scale < kMaxMultiplier)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "channel ", c, ": input scale ", params.input_scale, " times weight scale ",
          params.weight_scales[c], " over output scale ", params.output_scale, " is too large"));
    }
    stage.scale_[c] = product / params.output_scale;
    stage.scale64_[c] = real;
    const double rounded = static_cast<double>(product) / static_cast<double>(params.output_scale);
    const kernels::FixedPointMultiplier m =
        kernels::MakeFixedPointMultiplier(params.float32_product ? rounded : real);
    if (params.rule == RequantRule::kWideSum && m.exponent > kMaxWideExponent) {
      return absl::InvalidArgumentError(
          absl::StrCat("channel ", c, ": a multiplier of ", real, " is too large for 64-bit sums"));
    }
    stage.multiplier_[c] = m.multiplier;
    stage.exponent_[c] = m.exponent;
  }
  for (int64_t i = n; i < repeated; ++i) {
    stage.multiplier_[i] = stage.multiplier_[i - n];
    stage.exponent_[i] = stage.exponent_[i - n];
    stage.scale_[i] = stage.scale_[i - n];
    stage.scale64_[i] = stage.scale64_[i - n];
  }
  return stage;
}

kernels::EpilogueArgs OutputStage::epilogue() const {
  kernels::EpilogueArgs args = Int32Epilogue();
  switch (rule_) {
    case RequantRule::kFixedPoint:
      args.kind = kernels::kEpilogueFixedPoint;
      break;
    case RequantRule::kFloat32:
      args.kind = kernels::kEpilogueFloat32;
      break;
    case RequantRule::kFloat64:
      args.kind = kernels::kEpilogueFloat64;
      break;
    case RequantRule::kHalfUp:
    case RequantRule::kWideSum:
      break;
  }
  args.multiplier = multiplier_.data();
  args.exponent = exponent_.data();
  args.scale = scale_.data();
  args.scale64 = scale64_.data();
  args.zero_point = zero_point_;
  args.lo = range_.lo;
  args.hi = range_.hi;
  return args;
}

void OutputStage::Finish(const int32_t* acc, int64_t rows, int32_t channels, int8_t* out,
                         int64_t out_row_stride) const {
  for (int64_t r = 0; r < rows; ++r) {
    for (int32_t c = 0; c < channels; ++c) {
      const int32_t x = acc[r * channels + c];
      const kernels::FixedPointMultiplier m{multiplier_[c], exponent_[c]};
      const int64_t scaled = c < half_up_channels_ ? kernels::MultiplyHalfUp(x, m)
                                                   : kernels::MultiplyByFixedPoint(x, m);
      out[r * out_row_stride + c] =
          static_cast<int8_t>(std::clamp<int64_t>(scaled + zero_point_, range_.lo, range_.hi));
    }
  }
}

int32_t OutputStage::CodeOf(int64_t sum, int32_t channel) const {
  const kernels::FixedPointMultiplier m{multiplier_[channel], exponent_[channel]};
  const auto narrow = static_cast<int32_t>(static_cast<uint32_t>(sum));
  int64_t scaled = 0;
  switch (rule_) {
    case RequantRule::kFixedPoint:
      scaled = kernels::MultiplyByFixedPoint(narrow, m);
      break;
    case RequantRule::kHalfUp:
      scaled = channel < half_up_channels_ ? kernels::MultiplyHalfUp(narrow, m)
                                           : kernels::MultiplyByFixedPoint(narrow, m);
      break;
    case RequantRule::kFloat32:
      // Below 2^61: an int32 times less than 2^30.
      scaled = static_cast<int64_t>(std::rint(static_cast<float>(narrow) * scale_[channel]));
      break;
    case RequantRule::kFloat64: {
      const double real = std::round(static_cast<double>(sum) * scale64_[channel]);
      scaled = static_cast<int64_t>(std::clamp(real, -4294967296.0, 4294967296.0));
      break;
    }
    case RequantRule::kWideSum:
      scaled = MultiplyWideSum(sum, m.multiplier, m.exponent);
      break;
  }
  return static_cast<int32_t>(std::clamp<int64_t>(scaled + zero_point_, range_.lo, range_.hi));
}

kernels::EpilogueArgs Int32Epilogue() {
  kernels::EpilogueArgs args{};
  args.kind = kernels::kEpilogueInt32;
  return args;
}

kernels::EpilogueArgs EpilogueFrom(kernels::EpilogueArgs epilogue, int32_t channel) {
  if (epilogue.kind == kernels::kEpilogueInt32) return epilogue;
  epilogue.multiplier += channel;
  epilogue.exponent += channel;
  epilogue.scale += channel;
  epilogue.scale64 += channel;
  return epilogue;
}

RequantRule ConvolutionRule(Rounding rounding, absl::Span<const float> weight_scales) {
  if (rounding == Rounding::kFixedPoint) return RequantRule::kFixedPoint;
  const bool all_normal = std::all_of(weight_scales.begin(), weight_scales.end(), [](float s) {
    return s >= std::numeric_limits<float>::min();
  });
  return all_normal ? RequantRule::kFloat32 : RequantRule::kHalfUp;
}

Rounding ActivationRule(RequantRule rule) {
  return rule == RequantRule::kFloat32 ? Rounding::kFloat32 : Rounding::kFixedPoint;
}

}  // namespace octet::ops
