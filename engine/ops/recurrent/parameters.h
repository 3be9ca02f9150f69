// Checks and packing of the constants of recurrent operators.
#ifndef OCTET_ENGINE_OPS_RECURRENT_PARAMETERS_H_
#define OCTET_ENGINE_OPS_RECURRENT_PARAMETERS_H_

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/kernels/packing.h"
#include "engine/ops/core/op.h"

namespace octet::ops {

// A constant's values; empty where it is absent (null).
template <typename T>
absl::Span<const T> ValuesOrNone(const TensorDef* tensor) {
  return tensor == nullptr ? absl::Span<const T>() : tensor->values<T>();
}

// A constant of shape [n][k].
absl::Status CheckMatrix(const TensorDef& tensor, int32_t n, int32_t k);
// One scale and zero point 0.
absl::Status CheckSymmetric(const TensorDef& tensor);

// int8 weights [n][k] for products with rows of codes; `bias` is empty or [n].
absl::StatusOr<kernels::PackedGemmS8> PackMatrix(absl::Span<const int8_t> weights, int32_t n,
                                                 int32_t k, absl::Span<const int32_t> bias,
                                                 int32_t input_zero_point, IsaSet isas);

enum LstmGate { kInputGate, kForgetGate, kCellGate, kOutputGate, kLstmGates };

// The constants of one direction of an LSTM, by gate; null where absent. Without an input gate
// (cifg) its entries are null.
struct LstmTensors {
  std::array<const TensorDef*, kLstmGates> weights{};    // [units][depth]
  std::array<const TensorDef*, kLstmGates> recurrent{};  // [units][outputs]
  std::array<const TensorDef*, kLstmGates> peephole{};   // [units]; none for the cell gate
  std::array<const TensorDef*, kLstmGates> bias{};       // [units]
  std::array<const TensorDef*, kLstmGates> norm{};       // [units]
  const TensorDef* projection = nullptr;                 // [outputs][units]
  const TensorDef* projection_bias = nullptr;            // [outputs]
  int32_t units = 0;
  int32_t depth = 0;
  int32_t outputs = 0;

  bool has_gate(int k) const { return weights[k] != nullptr; }
  bool has_peephole() const { return peephole[kOutputGate] != nullptr; }
  bool is_normalized() const { return norm[kOutputGate] != nullptr; }
};

// Reads the 17 inputs from `first` on, and the four of layer normalization from `norm` on where it
// is positive; checks that they are constant, complete and of fitting shapes.
absl::StatusOr<LstmTensors> ReadLstmTensors(const PrepareContext& context, int first, int norm);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_RECURRENT_PARAMETERS_H_
