#include "engine/ops/recurrent/weight_matrix.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/products/matmul_f32.h"
#include "engine/ops/products/matmul_s8.h"
#include "engine/ops/products/output_stage.h"
#include "engine/ops/recurrent/parameters.h"

namespace octet::ops {

RowQuantizer RowQuantizer::For(DataType weights, bool asymmetric, IsaSet isas) {
  if (weights == DataType::kFloat32) return {};
  return {&kernels::SelectFloatRows(isas), asymmetric ? RowRule::kAsymmetric : RowRule::kSymmetric};
}

FactorRows FactorRows::Lay(int64_t rows, int64_t width, ScratchLayout& layout) {
  FactorRows result;
  result.rows = rows;
  result.width = width;
  result.codes = layout.Take<int8_t>(rows * width + kernels::kGemmOverReadBytes);
  result.quantization = layout.Take<RowQuantization>(rows);
  return result;
}

void FactorRows::Quantize(const RowQuantizer& quantizer) const {
  if (quantizer.kernels == nullptr) return;
  for (int64_t r = 0; r < rows; ++r) {
    quantization[r] =
        QuantizeRow(*quantizer.kernels, quantizer.rule,
                    {values + r * width, static_cast<size_t>(width)}, codes + r * width);
  }
}

absl::StatusOr<WeightMatrix> WeightMatrix::Make(const TensorDef& tensor, int32_t n, int32_t k,
                                                IsaSet isas) {
  OCTET_RETURN_IF_ERROR(CheckMatrix(tensor, n, k));
  WeightMatrix matrix(isas);
  matrix.n_ = n;
  matrix.k_ = k;
  if (tensor.type == DataType::kFloat32) {
    matrix.weights_ = tensor.values<float>();
    return matrix;
  }
  OCTET_RETURN_IF_ERROR(CheckSymmetric(tensor));
  const auto codes = tensor.values<int8_t>();
  matrix.stage_.order = kernels::kCombined;
  matrix.stage_.weight_scales.assign(n, tensor.quantization.scale[0]);
  matrix.stage_.range = {-std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::infinity()};
  OCTET_RETURN_IF_ERROR(matrix.stage_.SetWeights(codes, n, k, 1));
  OCTET_ASSIGN_OR_RETURN(matrix.packed_, PackMatrix(codes, n, k, {}, 0, isas));
  return matrix;
}

void WeightMatrix::Accumulate(const FactorRows& x, float* product, int32_t* acc, float* sums,
                              ThreadPool* pool) const {
  if (packed_) {
    RunMatmulS8(*packed_, Int32Epilogue(), x.codes, k_, x.rows, acc, n_, pool);
    stage_.Finish({acc, n_, x.rows, x.quantization, 1, 0, n_, product, n_});
  } else {
    const FloatRange all = {-std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::infinity()};
    // Row by row: no row's order of summation depends on how many there are.
    for (int64_t r = 0; r < x.rows; ++r) {
      MatmulF32(x.values + r * k_, 1, k_, weights_.data(), n_, nullptr, all, product + r * n_, n_);
    }
  }
  for (int64_t i = 0; i < x.rows * n_; ++i) sums[i] += product[i];
}

}  // namespace octet::ops
