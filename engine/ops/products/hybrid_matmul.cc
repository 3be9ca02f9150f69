#include "engine/ops/products/hybrid_matmul.h"

#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/products/matmul_s8.h"
#include "engine/ops/products/output_stage.h"

namespace octet::ops {
namespace {

// A block of sums stays in a first-level cache until it is finished.
constexpr int64_t kBlockRows = 64;
constexpr int64_t kBlockColumns = 128;

// In whole tiles of the kernel's rows.
int64_t BlockRows(const kernels::PackedGemmS8& packed) {
  return kBlockRows / packed.variant->m_tile * packed.variant->m_tile;
}

int64_t Depth(const kernels::PackedGemmS8& packed) {
  return int64_t{packed.segments} * packed.segment_length;
}

// Rows and columns of a product that one thread computes, block by block.
void RunShare(const HybridStage& stage, const kernels::PackedGemmS8& packed, const HybridLeft& left,
              Range rows, Range columns, int32_t* acc, float* out) {
  for (int64_t row = rows.begin; row < rows.end; row += BlockRows(packed)) {
    const int64_t count = std::min(BlockRows(packed), rows.end - row);
    for (int64_t begin = columns.begin; begin < columns.end; begin += kBlockColumns) {
      const int64_t end = std::min(begin + kBlockColumns, columns.end);
      kernels::GemmS8Args args = kernels::MakeGemmS8Args(
          packed, Int32Epilogue(), static_cast<int32_t>(begin), static_cast<int32_t>(end));
      args.a = left.codes + row * left.row_stride;
      args.a_row_stride = left.row_stride;
      args.a_segment_stride = left.segment_stride;
      args.m = static_cast<int32_t>(count);
      args.out = acc;
      args.out_row_stride = kBlockColumns;
      packed.variant->run(&args);
      stage.Finish({acc, kBlockColumns, count, left.quantization + row * left.quantization_step,
                    left.quantization_step, static_cast<int32_t>(begin),
                    static_cast<int32_t>(end - begin), out + row * packed.n + begin, packed.n});
    }
  }
}

// Scratch of RunHybridMatmul: [scales of the rows of a block][their codes], for each thread, then
// the sums.
size_t ScaleBytes(int64_t rows) { return RoundUp(rows * sizeof(RowQuantization), 64); }
size_t CodeBytes(const kernels::PackedGemmS8& packed, int64_t rows) {
  return RoundUp(rows * Depth(packed) + kernels::kGemmOverReadBytes, 64);
}

struct CodedRows {
  RowQuantization* quantization;
  int8_t* codes;
};
CodedRows CodedRowsAt(std::byte* scratch, int64_t rows) {
  return {reinterpret_cast<RowQuantization*>(scratch),
          reinterpret_cast<int8_t*>(scratch + ScaleBytes(rows))};
}
HybridLeft LeftOf(const kernels::PackedGemmS8& packed, const CodedRows& coded, int64_t rows) {
  return {coded.codes, Depth(packed), packed.segment_length, rows, coded.quantization, 1};
}

}  // namespace

size_t HybridSumBytes(const kernels::PackedGemmS8& packed) {
  return RoundUp(BlockRows(packed) * kBlockColumns * sizeof(int32_t), 64);
}

void RunHybridProduct(const HybridStage& stage, const kernels::PackedGemmS8& packed,
                      const HybridLeft& left, float* out, std::byte* scratch, ThreadPool* pool) {
  const int64_t parts = PartsOfMatmulS8(packed, left.rows, pool == nullptr ? 1 : pool->threads());
  const bool by_rows = left.rows >= BlockRows(packed) * parts;
  ForEachPart(pool, parts, [&](int64_t part) {
    const Range rows =
        by_rows ? Share(left.rows, packed.variant->m_tile, part, parts) : Range{0, left.rows};
    const Range columns =
        by_rows ? Range{0, packed.n} : Share(packed.n, packed.variant->layout.n_tile, part, parts);
    auto* acc = reinterpret_cast<int32_t*>(scratch + part * HybridSumBytes(packed));
    RunShare(stage, packed, left, rows, columns, acc, out);
  });
}

size_t HybridMatmulBytes(const kernels::PackedGemmS8& packed, int threads) {
  const int64_t rows = BlockRows(packed);
  return threads * (ScaleBytes(rows) + CodeBytes(packed, rows) + HybridSumBytes(packed));
}

void RunHybridMatmul(const HybridStage& stage, RowRule rule, const kernels::PackedGemmS8& packed,
                     const float* in, int64_t rows, float* out, std::byte* scratch,
                     ThreadPool* pool) {
  const int64_t threads = pool == nullptr ? 1 : pool->threads();
  const int64_t parts = PartsOfMatmulS8(packed, rows, threads);
  const int64_t block = BlockRows(packed);
  const int64_t k = Depth(packed);
  std::byte* sums = scratch + threads * (ScaleBytes(block) + CodeBytes(packed, block));
  if (rows < block * parts) {  // few rows: quantized first, then the columns are shared out
    const CodedRows coded = CodedRowsAt(scratch, rows);
    QuantizeRowsTogether(*stage.kernels, rule, in, rows, k, coded.quantization, coded.codes, pool);
    RunHybridProduct(stage, packed, LeftOf(packed, coded, rows), out, sums, pool);
    return;
  }
  ForEachPart(pool, parts, [&](int64_t part) {
    const CodedRows coded =
        CodedRowsAt(scratch + part * (ScaleBytes(block) + CodeBytes(packed, block)), block);
    auto* acc = reinterpret_cast<int32_t*>(sums + part * HybridSumBytes(packed));
    const Range share = Share(rows, packed.variant->m_tile, part, parts);
    for (int64_t row = share.begin; row < share.end; row += block) {
      const int64_t count = std::min(block, share.end - row);
      QuantizeRows(*stage.kernels, rule, in + row * k, count, k, coded.quantization, coded.codes);
      RunShare(stage, packed, LeftOf(packed, coded, count), {0, count}, {0, packed.n}, acc,
               out + row * packed.n);
    }
  });
}

}  // namespace octet::ops
