#include "engine/ops/products/hybrid.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"

namespace octet::ops {
namespace {

// `value` cut to [lo, hi]. In this order of arguments a NaN becomes `lo`, which has a code.
float Cut(float value, float lo, float hi) { return std::min(hi, std::max(lo, value)); }

int8_t ToCode(float rounded, float lo, float hi) {
  return static_cast<int8_t>(Cut(rounded, lo, hi));
}

RowQuantization QuantizeAsymmetric(absl::Span<const float> values, float lo, float hi,
                                   int8_t* codes) {
  if (lo == hi) {
    std::fill_n(codes, values.size(), int8_t{0});
    return {};
  }
  // The zero point comes from a scale in double, the codes from that scale in single precision.
  const double exact_scale = static_cast<double>(hi - lo) / 255.0;
  const double from_lo = lo / exact_scale;
  const double from_hi = hi / exact_scale;
  const double zero =
      128.0 + std::abs(from_lo) < 127.0 + std::abs(from_hi) ? -128.0 - from_lo : 127.0 - from_hi;
  const float zero_point = Cut(static_cast<float>(std::round(zero)), -128.0f, 127.0f);
  const auto scale = static_cast<float>(exact_scale);
  const float inverse = 1.0f / scale;
  for (size_t i = 0; i < values.size(); ++i) {
    codes[i] = ToCode(zero_point + std::round(values[i] * inverse), -128.0f, 127.0f);
  }
  return {scale, static_cast<int32_t>(zero_point)};
}

RowQuantization QuantizeSymmetric(absl::Span<const float> values, float lo, float hi,
                                  int8_t* codes) {
  const float magnitude = std::max(std::abs(lo), std::abs(hi));
  if (magnitude == 0) {
    std::fill_n(codes, values.size(), int8_t{0});
    return {};
  }
  const float inverse = 127.0f / magnitude;
  for (size_t i = 0; i < values.size(); ++i) {
    codes[i] = ToCode(std::round(values[i] * inverse), -127.0f, 127.0f);
  }
  return {magnitude / 127.0f, 0};
}

RowQuantization QuantizeAsymmetricXnn(absl::Span<const float> values, float lo, float hi,
                                      int8_t* codes) {
  const float inverse = lo == hi ? 1.0f : 255.0f / (hi - lo);
  const float scaled_lo = lo * inverse;
  const float scaled_hi = hi * inverse;
  const float zero =
      (-128.0f + scaled_lo) + (127.0f + scaled_hi) > 0 ? -128.0f - scaled_lo : 127.0f - scaled_hi;
  const float zero_point = std::rint(Cut(zero, -128.0f, 127.0f));
  for (size_t i = 0; i < values.size(); ++i) {
    const float code =
        zero_point + Cut(std::rint(values[i] * inverse), -128.0f - zero_point, 127.0f - zero_point);
    codes[i] = ToCode(code, -128.0f, 127.0f);
  }
  return {1.0f / inverse, static_cast<int32_t>(zero_point)};
}

}  // namespace

RowQuantization QuantizeRow(RowRule rule, absl::Span<const float> values, int8_t* codes) {
  float lo = 0;
  float hi = 0;
  for (float v : values) {
    lo = std::min(lo, v);
    hi = std::max(hi, v);
  }
  switch (rule) {
    case RowRule::kAsymmetric:
      return QuantizeAsymmetric(values, lo, hi, codes);
    case RowRule::kSymmetric:
      return QuantizeSymmetric(values, lo, hi, codes);
    case RowRule::kAsymmetricXnn:
      return QuantizeAsymmetricXnn(values, lo, hi, codes);
  }
  return {};
}

absl::Status HybridStage::SetWeights(absl::Span<const int8_t> weights, int32_t n, int64_t n_stride,
                                     int64_t k_stride) {
  const auto k = static_cast<int64_t>(weights.size()) / n;
  weight_sums.assign(n, 0);
  for (int32_t c = 0; c < n; ++c) {
    int64_t sum = 0;
    int64_t magnitude = 0;
    for (int64_t i = 0; i < k; ++i) {
      const int32_t w = weights[c * n_stride + i * k_stride];
      sum += w;
      magnitude += std::abs(w);
    }
    if (magnitude * 255 > std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the products of output channel ", c, " can exceed 32 bits"));
    }
    weight_sums[c] = static_cast<int32_t>(sum);
  }
  return absl::OkStatus();
}

void HybridStage::Finish(const int32_t* acc, RowQuantization row, int32_t begin, int32_t n,
                         float* out) const {
  const bool has_bias = !bias.empty();
  for (int32_t i = 0; i < n; ++i) {
    const int32_t c = begin + i;
    const auto sum = static_cast<float>(acc[i] - row.zero_point * weight_sums[c]);
    const float weight_scale = weight_scales[c];
    float value = 0;
    const HybridOrder channel_order = c < tail_begin ? order : HybridOrder::kRowThenWeight;
    switch (channel_order) {
      case HybridOrder::kWeightThenRow:
        value = (sum * weight_scale) * row.scale;
        break;
      case HybridOrder::kRowThenWeight:
        value = (sum * row.scale) * weight_scale;
        break;
      case HybridOrder::kCombined:
        value = sum * (row.scale * weight_scale);
        break;
      case HybridOrder::kFused:
        value = has_bias ? std::fma(sum * row.scale, weight_scale, bias[c])
                         : (sum * row.scale) * weight_scale;
        break;
    }
    if (has_bias && channel_order != HybridOrder::kFused) value += bias[c];
    out[i] = std::min(std::max(value, range.lo), range.hi);
  }
}

}  // namespace octet::ops
