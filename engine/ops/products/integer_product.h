// Sums of products of 16-bit numbers: what int16 activations and transposed convolutions need,
// where the int8 kernels do not fit. NUMERICS.md, "Convolutions and FULLY_CONNECTED" and
// "TRANSPOSE_CONV".
#ifndef OCTET_ENGINE_OPS_PRODUCTS_INTEGER_PRODUCT_H_
#define OCTET_ENGINE_OPS_PRODUCTS_INTEGER_PRODUCT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/checked_math.h"
#include "engine/ops/core/op.h"
#include "engine/ops/products/output_stage.h"

namespace octet::ops {

// Sum of a[i] * b[i], exact. The caller's values keep `chunk` products within int32.
int64_t DotS16(const int16_t* a, const int16_t* b, int64_t k, int64_t chunk);

// Most products of an activation of type `input` with a centred 8-bit weight that fit int32.
int64_t SafeChunk(DataType input);

// The tensors of a product with constant weights; `bias` is null, INT32 or INT64. Weight i of
// channel c stands at c * channel_stride + i * tap_stride.
struct IntegerProductParams {
  const TensorDef* input = nullptr;
  const TensorDef* weights = nullptr;
  const TensorDef* bias = nullptr;
  const TensorDef* output = nullptr;
  Activation activation = Activation::kNone;
  int32_t channels = 0;
  int64_t channel_stride = 0;
  int64_t tap_stride = 1;
  int quantized_dimension = 0;
  bool fully_connected = false;
  bool int32_sums = false;  // int16 activations alone: the bias has 32 bits
  // Where LiteRT's builtin kernel answers: those of its blocks, which round half up.
  int32_t half_up_channels = 0;
};

// The output stage of such a product; it refers to `scales`, one for each channel. InvalidArgument,
// naming the tensor, for parameters that do not fit.
absl::StatusOr<OutputStageParams> IntegerStage(const IntegerProductParams& params,
                                               absl::Span<const float> scales, Rounding rounding);

// Weights less their zero point, 64-bit bias and output stage. Immutable.
struct IntegerProduct {
  std::vector<int16_t> weights;  // in the file's order
  std::vector<int64_t> bias;     // zeros where there is none
  int64_t chunk = 1;
  int32_t input_zero_point = 0;
  OutputStage stage;

  // The types are those of the registry's rows. InvalidArgument, naming the tensor, for parameters
  // that do not fit, and where a sum could leave 32 bits (2^47 for int16 activations).
  static absl::StatusOr<IntegerProduct> Make(const IntegerProductParams& params, Rounding rounding);

  size_t bytes() const { return weights.size() * 2 + bias.size() * 8; }
};

// Scratch for CentredInput.
template <typename Code>
size_t CentredBytes(int64_t elements) {
  return sizeof(Code) == sizeof(int16_t) ? 0 : RoundUp(elements * sizeof(int16_t), 64);
}

// Codes less their zero point: written to `scratch`, or, for int16 codes, which have none, `in`.
template <typename Code>
const int16_t* CentredInput(const Code* in, int64_t elements, int32_t zero_point,
                            std::byte* scratch) {
  if constexpr (sizeof(Code) == sizeof(int16_t)) {
    return in;
  } else {
    auto* centred = reinterpret_cast<int16_t*>(scratch);
    for (int64_t i = 0; i < elements; ++i) centred[i] = static_cast<int16_t>(in[i] - zero_point);
    return centred;
  }
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_INTEGER_PRODUCT_H_
