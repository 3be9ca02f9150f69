// Matrix products of rows that are quantized on the fly, finished while their sums are in cache.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_HYBRID_MATMUL_H_
#define OCTET_ENGINE_OPS_PRODUCTS_HYBRID_MATMUL_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/thread_pool.h"
#include "engine/kernels/packing.h"
#include "engine/ops/products/hybrid.h"

namespace octet::ops {

// Quantized rows, as a GemmS8 reads them. The caller owns kGemmOverReadBytes past their end.
struct HybridLeft {
  const int8_t* codes;
  int64_t row_stride;
  int64_t segment_stride;
  int64_t rows;
  const RowQuantization* quantization;
  int64_t quantization_step;  // 1: each row has its own; 0: all have the same
};

// out[row][channel], dense, of all channels, shared out over the threads of `pool`, if there is
// one. `scratch` is HybridSumBytes() for each of them.
void RunHybridProduct(const HybridStage& stage, const kernels::PackedGemmS8& packed,
                      const HybridLeft& left, float* out, std::byte* scratch, ThreadPool* pool);
size_t HybridSumBytes(const kernels::PackedGemmS8& packed);

// The same from `rows` dense rows of floats, each of which gets a scale of its own.
void RunHybridMatmul(const HybridStage& stage, RowRule rule, const kernels::PackedGemmS8& packed,
                     const float* in, int64_t rows, float* out, std::byte* scratch,
                     ThreadPool* pool);
size_t HybridMatmulBytes(const kernels::PackedGemmS8& packed, int threads);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_HYBRID_MATMUL_H_
