// FULLY_CONNECTED, shared by its type combinations.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_FULLY_CONNECTED_H_
#define OCTET_ENGINE_OPS_PRODUCTS_FULLY_CONNECTED_H_

#include <cstdint>

#include "engine/ops/core/op.h"

namespace octet::ops {

// Checked parameters and constants.
struct FullyConnectedSetup {
  int32_t n = 0;  // units
  int32_t k = 0;  // inputs of each
  bool keep_num_dims = false;
  bool asymmetric_inputs = false;
  Activation activation = Activation::kNone;
  const TensorDef* weights = nullptr;  // [n][k]
  const TensorDef* bias = nullptr;     // null: none
};

absl::StatusOr<FullyConnectedSetup> SetUpFullyConnected(const PrepareContext& context);

// Shapes and row independence, alike for all types: the input is rows of k values.
class FullyConnected : public Op {
 public:
  explicit FullyConnected(const FullyConnectedSetup& setup)
      : n_(setup.n), k_(setup.k), keep_num_dims_(setup.keep_num_dims) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override;
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override;

 protected:
  int64_t Rows(const Shape& input) const { return input.num_elements() / k_; }

  const int32_t n_;
  const int32_t k_;

 private:
  const bool keep_num_dims_;
};

PreparedOp PrepareFullyConnectedS16(const PrepareContext& context);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_FULLY_CONNECTED_H_
