// The arithmetic of symmetric int8 weights, apart from any file.
// Source: probes of TensorFlow's converter; engine/NUMERICS.md, section "Quantizer".
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_WEIGHT_QUANTIZER_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_WEIGHT_QUANTIZER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/shape.h"
#include "engine/base/thread_pool.h"
#include "engine/quantize/transform/buffer_content.h"

namespace octet {

// A dense tensor seen as [outer, channels, inner]; each channel has a scale of its own.
struct ChannelLayout {
  int64_t outer = 1;
  int64_t channels = 1;
  int64_t inner = 1;
  friend auto operator<=>(const ChannelLayout&, const ChannelLayout&) = default;
};

inline constexpr int kPerTensor = -1;

// `axis` is a dimension of the shape, or kPerTensor for one channel that holds everything.
ChannelLayout LayoutOf(const Shape& shape, int axis);

// What a look at all weights tells.
struct WeightRange {
  std::vector<float> max_abs;  // of each channel
  float min = 0;               // 0 where there are no weights
  float max = 0;
  int64_t first_non_finite = -1;  // index; the rest means nothing then
};

// The weights are as many as the layout says. `pool` may be null.
WeightRange ScanWeights(absl::Span<const float> weights, const ChannelLayout& layout,
                        ThreadPool* pool = nullptr);

// How scales and codes are computed. In every one m = max(max|w|, 5e-7) of a channel, codes are
// rounded half away from zero and lie in -127..127, and the file keeps the scale in float32.
enum class WeightArithmetic {
  kDouble,       // s = 2m/254, code = w/s, in double: dynamic range, weight-only
  kFloat,        // s = 2m/254, code = w·(1/s), in float32: full integer
  kFloatByHalf,  // s = m/127, code = w·(127/m), in float32: int16x8
};

// How to make the codes of each channel: w / divisor in double, or w * multiplier in float32.
struct WeightScales {
  std::vector<float> scales;       // positive and finite
  std::vector<double> divisors;    // of kDouble, else empty
  std::vector<float> multipliers;  // of the others, else empty
};

WeightScales ComputeScales(absl::Span<const float> max_abs, WeightArithmetic arithmetic);

// Writes codes; knows their error afterwards. The weights outlive it.
class WeightEncoder final : public Encoder {
 public:
  WeightEncoder(absl::Span<const float> weights, const ChannelLayout& layout, WeightScales scales);

  size_t bytes() const override { return weights_.size(); }
  int64_t pieces() const override { return static_cast<int64_t>(noise_.size()); }
  void Encode(int64_t piece, absl::Span<std::byte> buffer) override;

  const WeightScales& scales() const { return scales_; }
  EncodingNoise noise() const override;

 private:
  void EncodeSome(int64_t begin, int64_t count, int64_t channel, bool one_channel, int8_t* codes,
                  EncodingNoise& noise) const;

  const absl::Span<const float> weights_;
  const ChannelLayout layout_;
  const WeightScales scales_;
  std::vector<EncodingNoise> noise_;  // by piece, so that sums do not depend on threads
};

struct QuantizedWeights {
  std::vector<int8_t> codes;
  WeightScales scales;
  EncodingNoise noise;
};

// All at once, on this thread. The weights are finite.
QuantizedWeights QuantizeWeights(absl::Span<const float> weights, const ChannelLayout& layout,
                                 WeightArithmetic arithmetic);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_WEIGHT_QUANTIZER_H_
