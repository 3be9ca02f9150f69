// The arithmetic of scales of activations and of constants that are no weights.
// Source: probes of TensorFlow's converter; engine/NUMERICS.md, section "Quantizer".
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_ACTIVATION_SCALE_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_ACTIVATION_SCALE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/quantize/transform/activation_rules.h"

namespace octet {

// Values that a tensor has; both ends are finite.
struct ValueRange {
  float min = 0;
  float max = 0;
};

// Codes -128..127 over the range with zero in it; a range of less than 1e-6 is widened.
ScaleChoice Int8Scale(const ValueRange& range);
// The same for constant data, where less is widened.
ScaleChoice Int8ConstantScale(const ValueRange& range);
// Codes -32767..32767, zero point 0.
ScaleChoice Int16Scale(const ValueRange& range);

// What the codes of a scale can stand for.
ValueRange Int8Reach(const ScaleChoice& scale);
ValueRange Int16Reach(const ScaleChoice& scale);

std::vector<int8_t> Int8Codes(absl::Span<const float> values, const ScaleChoice& scale);
std::vector<int16_t> Int16Codes(absl::Span<const float> values, const ScaleChoice& scale);

// A bias of a sum of products has the scale of a product: of the input's and the weights', one or
// as many as channels.
std::vector<float> Int32BiasScales(float input, absl::Span<const float> weights);
std::vector<float> Int64BiasScales(float input, absl::Span<const float> weights);
// As many values as scales, or any number for one scale.
std::vector<int32_t> Int32BiasCodes(absl::Span<const float> bias, absl::Span<const float> scales);
std::vector<int64_t> Int64BiasCodes(absl::Span<const float> bias, absl::Span<const float> scales);

// Where a bias would leave half of INT32 at the product's scale, the weights' scale that keeps it
// there; else `weights` itself. `largest` is the largest size of the channel's biases.
float WeightScaleForBias(float input, float weights, float largest);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_ACTIVATION_SCALE_H_
