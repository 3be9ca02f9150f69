#include "engine/ops/products/matmul_f32.h"

#include <Eigen/Core>
#include <algorithm>

namespace octet::ops {

void MatmulF32(const float* a, int64_t m, int64_t k, const float* w, int64_t n, const float* bias,
               FloatRange range, float* out, int64_t out_row_stride) {
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> left(a, m, k);
  const Eigen::Map<const RowMajor> right(w, n, k);
  Eigen::Map<RowMajor, 0, Eigen::OuterStride<>> result(out, m, n,
                                                       Eigen::OuterStride<>(out_row_stride));
  if (m == 1) {
    result.row(0).transpose().noalias() = right * left.row(0).transpose();
  } else {
    result.noalias() = left * right.transpose();
  }
  for (int64_t r = 0; r < m; ++r) {
    float* row = out + r * out_row_stride;
    for (int64_t c = 0; c < n; ++c) {
      const float value = bias == nullptr ? row[c] : row[c] + bias[c];
      row[c] = std::min(std::max(value, range.lo), range.hi);
    }
  }
}

}  // namespace octet::ops
