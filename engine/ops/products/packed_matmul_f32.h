// A float matrix product with packed right side, split over threads.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_PACKED_MATMUL_F32_H_
#define OCTET_ENGINE_OPS_PRODUCTS_PACKED_MATMUL_F32_H_

#include <cstdint>

#include "engine/base/thread_pool.h"
#include "engine/kernels/packing_f32.h"
#include "engine/ops/core/activation.h"

namespace octet::ops {

// out[m][n] = clamp(a[m] . w[n] + bias[n]), `a` and `out` dense. Splits the longer of rows and
// columns over the threads of `pool`, if there is one; no row's bits depend on that, nor on the
// rows around it.
void RunMatmulF32(const kernels::PackedGemmF32& packed, const float* a, int64_t m, FloatRange range,
                  float* out, ThreadPool* pool);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_PACKED_MATMUL_F32_H_
