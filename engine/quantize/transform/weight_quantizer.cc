#include "engine/quantize/transform/weight_quantizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet {
namespace {

constexpr double kSmallestMaximum = 5e-7;
constexpr double kCodeSpan = 254;
constexpr double kLargestCode = 127;

// Calls f(index) for every element of the channel.
template <typename F>
void ForEachInChannel(const ChannelLayout& layout, int64_t channel, F f) {
  for (int64_t o = 0; o < layout.outer; ++o) {
    const int64_t begin = (o * layout.channels + channel) * layout.inner;
    for (int64_t i = begin; i < begin + layout.inner; ++i) f(i);
  }
}

double Sqnr(absl::Span<const float> weights, const QuantizedWeights& quantized,
            const ChannelLayout& layout) {
  double signal = 0;
  double noise = 0;
  for (int64_t c = 0; c < layout.channels; ++c) {
    const double scale = quantized.scales[c];
    ForEachInChannel(layout, c, [&](int64_t i) {
      const double weight = weights[i];
      const double error = weight - quantized.codes[i] * scale;
      signal += weight * weight;
      noise += error * error;
    });
  }
  if (noise == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

}  // namespace

ChannelLayout LayoutOf(const Shape& shape, int axis) {
  if (axis == kPerTensor) return {.inner = shape.num_elements()};
  return {.outer = shape.OuterElements(axis),
          .channels = shape.dim(axis),
          .inner = shape.InnerElements(axis + 1)};
}

int64_t FirstNonFinite(absl::Span<const float> weights) {
  const auto it =
      std::find_if(weights.begin(), weights.end(), [](float w) { return !std::isfinite(w); });
  return it == weights.end() ? -1 : it - weights.begin();
}

QuantizedWeights QuantizeWeights(absl::Span<const float> weights, const ChannelLayout& layout) {
  QuantizedWeights result;
  result.codes.resize(weights.size());
  result.scales.resize(layout.channels);
  for (int64_t c = 0; c < layout.channels; ++c) {
    double maximum = kSmallestMaximum;
    ForEachInChannel(layout, c, [&](int64_t i) {
      maximum = std::max(maximum, std::abs(static_cast<double>(weights[i])));
    });
    const double scale = 2 * maximum / kCodeSpan;
    ForEachInChannel(layout, c, [&](int64_t i) {
      const double code = std::round(static_cast<double>(weights[i]) / scale);
      result.codes[i] = static_cast<int8_t>(std::clamp(code, -kLargestCode, kLargestCode));
    });
    result.scales[c] = static_cast<float>(scale);
  }
  if (!weights.empty()) {
    const auto [low, high] = std::minmax_element(weights.begin(), weights.end());
    result.min = *low;
    result.max = *high;
  }
  result.sqnr_db = Sqnr(weights, result, layout);
  return result;
}

}  // namespace octet
