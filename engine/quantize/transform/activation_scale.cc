#include "engine/quantize/transform/activation_scale.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet {
namespace {

constexpr double kNarrow = 1e-6;            // a range below it is widened,
constexpr double kWidening = 1e-6;          // by this on both sides,
constexpr double kConstantWidening = 5e-7;  // or by this for constants
constexpr float kInt8Steps = 255;
constexpr int32_t kInt8Low = std::numeric_limits<int8_t>::min();
constexpr int32_t kInt8High = std::numeric_limits<int8_t>::max();
constexpr float kInt16High = std::numeric_limits<int16_t>::max();
constexpr double kHalfOfInt32 = 1073741823;

ScaleChoice Asymmetric(const ValueRange& range, double widening) {
  double low = std::min<double>(range.min, 0);
  double high = std::max<double>(range.max, 0);
  if (high - low < kNarrow) {
    low -= widening;
    high += widening;
  }
  ScaleChoice choice;
  choice.scale = (static_cast<float>(high) - static_cast<float>(low)) / kInt8Steps;
  const auto zero = static_cast<float>(kInt8Low - low / static_cast<double>(choice.scale));
  choice.zero_point = static_cast<int32_t>(
      std::round(std::clamp(zero, static_cast<float>(kInt8Low), static_cast<float>(kInt8High))));
  return choice;
}

template <typename T>
std::vector<T> BiasCodes(absl::Span<const float> bias, absl::Span<const float> scales) {
  // The bounds are powers of two but for the upper ones, which float32 rounds up to one.
  constexpr auto kLow = static_cast<float>(std::numeric_limits<T>::min());
  constexpr auto kHigh = static_cast<float>(std::numeric_limits<T>::max());
  std::vector<T> codes;
  codes.reserve(bias.size());
  for (size_t i = 0; i < bias.size(); ++i) {
    const float inverse = 1 / scales[scales.size() == 1 ? 0 : i];
    const float code = std::round(bias[i] * inverse);
    if (code >= kHigh) {
      codes.push_back(std::numeric_limits<T>::max());
    } else {
      codes.push_back(static_cast<T>(std::max(code, kLow)));
    }
  }
  return codes;
}

}  // namespace

ScaleChoice Int8Scale(const ValueRange& range) { return Asymmetric(range, kWidening); }

ScaleChoice Int8ConstantScale(const ValueRange& range) {
  return Asymmetric(range, kConstantWidening);
}

ScaleChoice Int16Scale(const ValueRange& range) {
  const float largest = std::max(std::abs(range.min), std::abs(range.max));
  return {std::max(largest, static_cast<float>(kNarrow)) / kInt16High, 0};
}

ValueRange Int8Reach(const ScaleChoice& scale) {
  return {scale.scale * (kInt8Low - scale.zero_point),
          scale.scale * (kInt8High - scale.zero_point)};
}

ValueRange Int16Reach(const ScaleChoice& scale) {
  return {-kInt16High * scale.scale, kInt16High * scale.scale};
}

std::vector<int8_t> Int8Codes(absl::Span<const float> values, const ScaleChoice& scale) {
  std::vector<int8_t> codes;
  codes.reserve(values.size());
  for (const float value : values) {
    const double code = std::round(static_cast<double>(value) / static_cast<double>(scale.scale) +
                                   scale.zero_point);
    codes.push_back(static_cast<int8_t>(
        std::clamp(code, static_cast<double>(kInt8Low), static_cast<double>(kInt8High))));
  }
  return codes;
}

std::vector<int16_t> Int16Codes(absl::Span<const float> values, const ScaleChoice& scale) {
  const float inverse = 1 / scale.scale;
  std::vector<int16_t> codes;
  codes.reserve(values.size());
  for (const float value : values) {
    codes.push_back(
        static_cast<int16_t>(std::clamp(std::round(value * inverse), -kInt16High, kInt16High)));
  }
  return codes;
}

std::vector<float> Int32BiasScales(float input, absl::Span<const float> weights) {
  std::vector<float> scales;
  for (const float weight : weights) {
    scales.push_back(static_cast<float>(static_cast<double>(input) * static_cast<double>(weight)));
  }
  return scales;
}

std::vector<float> Int64BiasScales(float input, absl::Span<const float> weights) {
  std::vector<float> scales;
  for (const float weight : weights) scales.push_back(input * weight);
  return scales;
}

std::vector<int32_t> Int32BiasCodes(absl::Span<const float> bias, absl::Span<const float> scales) {
  return BiasCodes<int32_t>(bias, scales);
}

std::vector<int64_t> Int64BiasCodes(absl::Span<const float> bias, absl::Span<const float> scales) {
  return BiasCodes<int64_t>(bias, scales);
}

float WeightScaleForBias(float input, float weights, float largest) {
  const double product = static_cast<double>(input) * static_cast<double>(weights);
  if (std::abs(static_cast<double>(largest)) / product <= kHalfOfInt32) return weights;
  return static_cast<float>(std::abs(static_cast<double>(largest)) / kHalfOfInt32 /
                            static_cast<double>(input));
}

}  // namespace octet
