// Float matrix product by Eigen, with a result that depends on nothing but the row itself.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_MATMUL_F32_H_
#define OCTET_ENGINE_OPS_PRODUCTS_MATMUL_F32_H_

#include <cstdint>

#include "engine/ops/core/activation.h"

namespace octet::ops {

// out[m][n] = clamp(a[m] . w[n] + bias[n]); a dense [m][k], w dense [n][k], bias null or [n].
// The order of summation may depend on m, so callers whose rows must not see their neighbours pass
// blocks of a size that the request does not influence.
void MatmulF32(const float* a, int64_t m, int64_t k, const float* w, int64_t n, const float* bias,
               FloatRange range, float* out, int64_t out_row_stride);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_MATMUL_F32_H_
