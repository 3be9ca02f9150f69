// An int8 matrix product with fixed right side, split over threads.
#ifndef OCTET_ENGINE_OPS_MATMUL_S8_H_
#define OCTET_ENGINE_OPS_MATMUL_S8_H_

#include <cstdint>

#include "engine/base/thread_pool.h"
#include "engine/kernels/packing.h"

namespace octet::ops {

// out[m][n] = epilogue(a[m] . w[n] + bias[n]) for all columns. `a` rows are `a_row_stride` bytes
// apart and dense inside. `epilogue` holds arrays of all columns; `out` is int8_t, or int32_t for
// an int32 epilogue. Splits by rows, or, where rows are few, by panels of columns.
void RunMatmulS8(const kernels::PackedGemmS8& packed, const kernels::EpilogueArgs& epilogue,
                 const int8_t* a, int64_t a_row_stride, int64_t m, void* out,
                 int64_t out_row_stride, ThreadPool* pool);

// Share `part` of `parts` equal shares of [0, count), in units of `unit`.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
};
Range Share(int64_t count, int64_t unit, int64_t part, int64_t parts);

// Calls body(part) for each of `parts` parts, on the pool if there is one.
void ForEachPart(ThreadPool* pool, int64_t parts, absl::FunctionRef<void(int64_t)> body);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_MATMUL_S8_H_
