#include "engine/ops/products/matmul_s8.h"

#include <algorithm>
#include <cstddef>

#include "engine/base/checked_math.h"
#include "engine/ops/core/parallel.h"

namespace octet::ops {
namespace {

// Work is counted in multiplications; finishing a sum takes as long as this many.
constexpr int64_t kFinishing = 64;

// Below this work a second thread costs more than it saves.
int64_t MinWorkPerThread(const kernels::GemmS8Variant& variant) {
  return variant.isa == Isa::kAmx ? 1 << 19 : 1 << 17;
}

constexpr int64_t kMaxRowsPerCall = 1 << 20;

}  // namespace

int64_t PartsOfMatmulS8(const kernels::PackedGemmS8& packed, int64_t m, int64_t threads) {
  const int64_t k = int64_t{packed.segments} * packed.segment_length;
  return std::clamp<int64_t>(m * packed.n * (k + kFinishing) / MinWorkPerThread(*packed.variant), 1,
                             threads);
}

void RunMatmulS8(const kernels::PackedGemmS8& packed, const kernels::EpilogueArgs& epilogue,
                 const int8_t* a, int64_t a_row_stride, int64_t m, void* out,
                 int64_t out_row_stride, ThreadPool* pool, int64_t a_segment_stride) {
  const int64_t n = packed.n;
  const int64_t element = epilogue.kind == kernels::kEpilogueInt32 ? 4 : 1;
  const int64_t parts = PartsOfMatmulS8(packed, m, pool == nullptr ? 1 : pool->threads());
  const int32_t m_tile = packed.variant->m_tile;
  const int32_t n_tile = packed.variant->layout.n_tile;
  // Who shares out the longer side has the more even shares, and reads less in all.
  const bool by_rows = m >= n ? CeilDiv(m, m_tile) >= parts : CeilDiv(n, n_tile) < parts;
  ForEachPart(pool, parts, [&](int64_t part) {
    const Range rows = by_rows ? Share(m, m_tile, part, parts) : Range{0, m};
    const Range columns = by_rows ? Range{0, n} : Share(n, n_tile, part, parts);
    if (columns.begin == columns.end) return;
    kernels::GemmS8Args args = kernels::MakeGemmS8Args(
        packed, epilogue, static_cast<int32_t>(columns.begin), static_cast<int32_t>(columns.end));
    args.a_row_stride = a_row_stride;
    args.a_segment_stride = a_segment_stride;
    args.out_row_stride = out_row_stride;
    for (int64_t row = rows.begin; row < rows.end; row += kMaxRowsPerCall) {
      args.a = a + row * a_row_stride;
      args.m = static_cast<int32_t>(std::min(kMaxRowsPerCall, rows.end - row));
      args.out = static_cast<std::byte*>(out) + (row * out_row_stride + columns.begin) * element;
      packed.variant->run(&args);
    }
  });
}

}  // namespace octet::ops
