// An int8 matrix product with fixed right side, split over threads.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_MATMUL_S8_H_
#define OCTET_ENGINE_OPS_PRODUCTS_MATMUL_S8_H_

#include <cstdint>

#include "engine/base/thread_pool.h"
#include "engine/kernels/packing.h"

namespace octet::ops {

// How many of `threads` threads a product of m rows is worth.
int64_t PartsOfMatmulS8(const kernels::PackedGemmS8& packed, int64_t m, int64_t threads);

// out[m][n] = epilogue(a[m] . w[n] + bias[n]) for all columns. `a` rows are `a_row_stride` bytes
// apart; each of a row's segments begins `a_segment_stride` after the one before (0, by default:
// they are passes over the same codes, as unsigned_codes.h has them). `epilogue` holds arrays of
// all columns; `out` is int8_t, or int32_t for an int32 epilogue. Splits the longer of rows and
// columns over the threads.
void RunMatmulS8(const kernels::PackedGemmS8& packed, const kernels::EpilogueArgs& epilogue,
                 const int8_t* a, int64_t a_row_stride, int64_t m, void* out,
                 int64_t out_row_stride, ThreadPool* pool, int64_t a_segment_stride = 0);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_MATMUL_S8_H_
