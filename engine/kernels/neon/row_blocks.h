// Private to the NEON leaves: in which order a product's tiles are visited. Everything has internal
// linkage.
#ifndef OCTET_ENGINE_KERNELS_NEON_ROW_BLOCKS_H_
#define OCTET_ENGINE_KERNELS_NEON_ROW_BLOCKS_H_

#include <cstddef>
#include <cstdint>

#include "engine/kernels/gemm_s8.h"

namespace octet::kernels {

// Calls `multiply` for blocks of rows, each for all columns: the codes of a block stay in the
// first-level cache while one panel after the other goes by. Half of the smallest cache (32 KiB) is
// theirs, the rest is left to the panel and the results. A block is whole tiles of kRows rows.
template <int kRows>
static inline void ForRowBlocks(const GemmS8Args& args, void (*multiply)(const GemmS8Args&)) {
  constexpr int64_t kBlockBytes = 16 * 1024;
  const int64_t codes = int64_t{args.segments} * args.segment_length + 1;
  const int64_t tiles = kBlockBytes / codes / kRows;
  const int64_t step = tiles > 0 ? tiles * kRows : kRows;
  const int64_t out_bytes = args.epilogue.kind == kEpilogueInt32 ? 4 : 1;
  for (int64_t m = 0; m < args.m; m += step) {
    GemmS8Args block = args;
    block.a += m * args.a_row_stride;
    block.m = static_cast<int32_t>(args.m - m < step ? args.m - m : step);
    block.out = static_cast<int8_t*>(args.out) + m * args.out_row_stride * out_bytes;
    multiply(block);
  }
}

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_NEON_ROW_BLOCKS_H_
