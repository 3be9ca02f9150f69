// Constant matrices that rows of floats are multiplied by: float weights, or int8 codes (hybrid).
#ifndef OCTET_ENGINE_OPS_RECURRENT_WEIGHT_MATRIX_H_
#define OCTET_ENGINE_OPS_RECURRENT_WEIGHT_MATRIX_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/packing.h"
#include "engine/model/model.h"
#include "engine/ops/products/hybrid.h"
#include "engine/ops/recurrent/scratch.h"

namespace octet::ops {

// How rows of floats become codes.
struct RowQuantizer {
  const kernels::FloatRows* kernels = nullptr;  // null: weights are floats, and rows stay so
  RowRule rule = RowRule::kSymmetric;

  // The rules of the builtin kernels, which compute recurrent operators under both roundings.
  static RowQuantizer For(DataType weights, bool asymmetric, IsaSet isas);
};

// Rows of `width` floats, and their codes once Quantize has run. A view of scratch memory.
struct FactorRows {
  const float* values = nullptr;
  int64_t rows = 0;
  int64_t width = 0;
  int8_t* codes = nullptr;
  RowQuantization* quantization = nullptr;

  // Takes memory for codes.
  static FactorRows Lay(int64_t rows, int64_t width, ScratchLayout& layout);
  // Each row by itself.
  void Quantize(const RowQuantizer& quantizer) const;
};

// Immutable and thread-safe. Float weights stay in the model's memory; codes are packed.
class WeightMatrix {
 public:
  // `tensor` is a constant of FLOAT32, or of INT8 or UINT8 (the bytes of int8 codes in old files)
  // with one scale and zero point 0. InvalidArgument unless its shape is [n][k], or where sums of
  // products could exceed 32 bits.
  static absl::StatusOr<WeightMatrix> Make(const TensorDef& tensor, int32_t n, int32_t k,
                                           IsaSet isas);

  int32_t n() const { return n_; }
  int32_t k() const { return k_; }

  // sums[row][n] += rows . weights, each product rounded before it is added. `x` is quantized where
  // the weights are codes; `product` holds rows * n floats, `acc` as many int32.
  void Accumulate(const FactorRows& x, float* product, int32_t* acc, float* sums,
                  ThreadPool* pool) const;

  size_t ConstantBytes() const { return packed_ ? packed_->panels.size() : 0; }

 private:
  explicit WeightMatrix(IsaSet isas) : stage_(isas) {}

  int32_t n_ = 0;                    // results
  int32_t k_ = 0;                    // factors of each
  absl::Span<const float> weights_;  // float weights
  std::optional<kernels::PackedGemmS8> packed_;
  HybridStage stage_;
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_RECURRENT_WEIGHT_MATRIX_H_
