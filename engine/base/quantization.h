// How integer codes stand for real numbers.
// Source: TensorFlow Lite 8-bit quantization specification.
#ifndef OCTET_ENGINE_BASE_QUANTIZATION_H_
#define OCTET_ENGINE_BASE_QUANTIZATION_H_

#include <cstdint>
#include <vector>

namespace octet {

// real = scale[c] * (code - zero_point[c]); c is the index along `quantized_dimension`.
// No scale: the tensor is not quantized. One scale: per-tensor. More: per-axis.
struct Quantization {
  std::vector<float> scale;
  std::vector<int32_t> zero_point;  // as long as `scale`
  int quantized_dimension = 0;

  bool is_quantized() const { return !scale.empty(); }
  bool is_per_axis() const { return scale.size() > 1; }
  friend bool operator==(const Quantization&, const Quantization&) = default;
};

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_QUANTIZATION_H_
