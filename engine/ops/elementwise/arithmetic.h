// Small arithmetic that element-wise operators share.
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_ARITHMETIC_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_ARITHMETIC_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/op.h"

namespace octet::ops {

// Sums, differences and products that wrap in T instead of overflowing.
template <typename T>
T WrappingAdd(T a, T b) {
  using Bits = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<Bits>(a) + static_cast<Bits>(b));
}
template <typename T>
T WrappingSub(T a, T b) {
  using Bits = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<Bits>(a) - static_cast<Bits>(b));
}
template <typename T>
T WrappingMul(T a, T b) {
  // 64 bits: narrower unsigned types would be promoted to a signed int.
  return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
inline int32_t WrappingShiftLeft(int32_t x, int n) {
  return static_cast<int32_t>(static_cast<uint32_t>(x) << n);
}

// QM of a ratio of scales, for `tensor`'s operator. InvalidArgument, naming the tensor, where the
// ratio is not below 2^30.
absl::StatusOr<kernels::FixedPointMultiplier> RatioMultiplier(double ratio,
                                                              const TensorDef& tensor);

// True where log2 of a scale is within 1e-3 of a whole number, which goes to `exponent`.
bool IsPowerOfTwo(float scale, int* exponent);

// CheckPerTensor for the first `inputs` inputs and the first output.
absl::Status CheckPerTensorCodes(const PrepareContext& context, int inputs);

// `code` cut to T.
template <typename T>
T CutTo(int64_t code) {
  return static_cast<T>(
      std::clamp<int64_t>(code, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

// Clamps of a fused activation on plain integers. Unimplemented for an activation that is no clamp.
template <typename T>
struct IntegerRange {
  T lo = std::numeric_limits<T>::min();
  T hi = std::numeric_limits<T>::max();
};
template <typename T>
absl::StatusOr<IntegerRange<T>> ActivationIntegers(Activation activation) {
  IntegerRange<T> range;
  switch (activation) {
    case Activation::kNone:
      return range;
    case Activation::kRelu:
      range.lo = 0;
      return range;
    case Activation::kRelu6:
      return IntegerRange<T>{0, 6};
    case Activation::kReluN1To1:
      return IntegerRange<T>{std::is_signed_v<T> ? static_cast<T>(-1) : T{0}, 1};
    default:
      return absl::UnimplementedError("fused activation TANH or SIGN_BIT");
  }
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_ARITHMETIC_H_
