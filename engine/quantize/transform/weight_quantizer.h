// The arithmetic of weight quantization for dynamic range, apart from any file.
// Source: probes of TensorFlow's converter; engine/NUMERICS.md, section "Quantizer".
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_WEIGHT_QUANTIZER_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_WEIGHT_QUANTIZER_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/shape.h"

namespace octet {

// A dense tensor seen as [outer, channels, inner]; each channel has a scale of its own.
struct ChannelLayout {
  int64_t outer = 1;
  int64_t channels = 1;
  int64_t inner = 1;
};

inline constexpr int kPerTensor = -1;

// `axis` is a dimension of the shape, or kPerTensor for one channel that holds everything.
ChannelLayout LayoutOf(const Shape& shape, int axis);

struct QuantizedWeights {
  std::vector<int8_t> codes;  // in -127..127
  std::vector<float> scales;  // one a channel, positive and finite; zero points are 0
  double min = 0;             // of the weights; 0 where there are none
  double max = 0;
  double sqnr_db = 0;  // infinite where the codes stand for the weights exactly
};

// Index of the first NaN or infinity; -1 where there is none.
int64_t FirstNonFinite(absl::Span<const float> weights);

// A channel's scale is s = 2m/254 in double, m = max(max|w|, 5e-7); a code is w/s in double,
// rounded half away from zero; the scale is then rounded to float32. The weights are finite and
// as many as the layout says.
QuantizedWeights QuantizeWeights(absl::Span<const float> weights, const ChannelLayout& layout);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_WEIGHT_QUANTIZER_H_
