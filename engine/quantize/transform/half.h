// Constants in IEEE half precision, and back.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_HALF_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_HALF_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/quantize/transform/buffer_content.h"
#include "engine/quantize/transform/weight_quantizer.h"

namespace octet {

// Nearest, ties to even, subnormal halves kept; what lies beyond ±65504 becomes ±65504, so that a
// finite value never becomes infinite. Source: probes of TensorFlow's converter.
uint16_t HalfFromFloat(float value);
float FloatFromHalf(uint16_t half);

// Writes float32 values as halves.
class HalfEncoder final : public Encoder {
 public:
  explicit HalfEncoder(absl::Span<const float> values);
  size_t bytes() const override { return 2 * values_.size(); }
  int64_t pieces() const override { return static_cast<int64_t>(counts_.size()); }
  void Encode(int64_t piece, absl::Span<std::byte> buffer) override;

  EncodingNoise noise() const override;
  // Once every piece is encoded.
  int64_t clamped() const;   // values that lay beyond ±65504
  int64_t vanished() const;  // values other than 0 that became 0

 private:
  struct Counts {
    EncodingNoise noise;
    int64_t clamped = 0;
    int64_t vanished = 0;
  };
  const absl::Span<const float> values_;
  std::vector<Counts> counts_;  // by piece
};

// Writes halves as float32 values. The halves may lie at any address.
class HalfDecoder final : public Encoder {
 public:
  explicit HalfDecoder(absl::Span<const std::byte> halves) : halves_(halves) {}
  size_t bytes() const override { return 2 * halves_.size(); }
  int64_t pieces() const override;
  void Encode(int64_t piece, absl::Span<std::byte> buffer) override;
  EncodingNoise noise() const override { return {}; }

 private:
  const absl::Span<const std::byte> halves_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_HALF_H_
