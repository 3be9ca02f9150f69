#include "engine/ops/products/packed_matmul_f32.h"

#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/ops/core/parallel.h"

namespace octet::ops {
namespace {

// Multiplications below which a second thread costs more than it saves.
constexpr int64_t kMinWorkPerThread = 1 << 17;

constexpr int64_t kMaxRowsPerCall = 1 << 20;

}  // namespace

void RunMatmulF32(const kernels::PackedGemmF32& packed, const float* a, int64_t m, FloatRange range,
                  float* out, ThreadPool* pool) {
  const int64_t n = packed.n;
  const int64_t k = packed.k();
  const int64_t threads = pool == nullptr ? 1 : pool->threads();
  const int64_t parts = std::clamp<int64_t>(m * n * k / kMinWorkPerThread, 1, threads);
  const kernels::GemmF32& kernel = *packed.kernel;
  const bool by_rows =
      m >= n ? CeilDiv(m, kernel.m_tile) >= parts : CeilDiv(n, kernel.n_tile) < parts;
  ForEachPart(pool, parts, [&](int64_t part) {
    const Range rows = by_rows ? Share(m, kernel.m_tile, part, parts) : Range{0, m};
    const Range columns = by_rows ? Range{0, n} : Share(n, kernel.n_tile, part, parts);
    if (columns.begin == columns.end) return;
    kernels::GemmF32Args args = kernels::MakeGemmF32Args(
        packed, static_cast<int32_t>(columns.begin), static_cast<int32_t>(columns.end));
    args.a_row_stride = k;
    args.a_segment_stride = packed.segment_length;
    args.lo = range.lo;
    args.hi = range.hi;
    args.out_row_stride = n;
    for (int64_t row = rows.begin; row < rows.end; row += kMaxRowsPerCall) {
      args.a = a + row * k;
      args.m = static_cast<int32_t>(std::min(kMaxRowsPerCall, rows.end - row));
      args.out = out + row * n + columns.begin;
      kernel.run(&args);
    }
  });
}

}  // namespace octet::ops
