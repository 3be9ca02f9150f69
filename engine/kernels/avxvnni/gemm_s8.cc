#include "engine/kernels/gemm_s8.h"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/avx2/epilogue.h"
#include "engine/kernels/epilogue_kinds.h"

// VPDPBUSD of 256 bits multiplies unsigned by signed bytes and sums four products exactly. A few
// rows of the left side are turned into unsigned codes once and then serve a whole block of panels.
namespace octet::kernels {
namespace {

constexpr int kRows = 6;
constexpr int kColumns = 16;
constexpr int64_t kChunk = 2304;                  // codes of a row that are turned at a time
constexpr int64_t kUnsignedStride = kChunk + 64;  // not a power of two: rows would share sets
constexpr int kBlockPanels = 16;

struct Scratch {
  alignas(64) uint8_t codes[kRows * kUnsignedStride];
  alignas(64) int32_t sums[kBlockPanels][kRows][kColumns];
};

int64_t PaddedSegment(const GemmS8Args& g) { return (g.segment_length + int64_t{3}) / 4 * 4; }

// Turns padded codes [begin, begin + count) of a row whose segments are padded to groups of four.
// Reads at most 31 bytes past a segment.
void TurnRow(const GemmS8Args& g, const int8_t* row, int64_t begin, int64_t count, uint8_t* codes) {
  const __m256i top = _mm256_set1_epi8(-128);
  const int64_t length = PaddedSegment(g);
  while (count > 0) {
    const int64_t offset = begin % length;
    const int8_t* source = row + begin / length * g.a_segment_stride + offset;
    const int64_t run = length - offset < count ? length - offset : count;
    for (int64_t i = 0; i < run; i += 32) {
      const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes + i), _mm256_xor_si256(v, top));
    }
    codes += run;
    count -= run;
    begin += run;
  }
}

// sums[r] = start[r] + codes[r] * panel, over `groups` groups of four codes.
template <int kM>
void MultiplyPanel(const uint8_t* codes, const int8_t* b, int64_t groups, const int32_t* start,
                   int64_t start_stride, int32_t (*sums)[kColumns]) {
  __m256i acc[kM][2];
#pragma GCC unroll 6
  for (int r = 0; r < kM; ++r) {
    acc[r][0] = Load8(start + r * start_stride);
    acc[r][1] = Load8(start + r * start_stride + 8);
  }
  for (int64_t i = 0; i < groups; ++i, b += 4 * kColumns, codes += 4) {
    const __m256i b0 = _mm256_load_si256(reinterpret_cast<const __m256i*>(b));
    const __m256i b1 = _mm256_load_si256(reinterpret_cast<const __m256i*>(b + 32));
#pragma GCC unroll 6
    for (int r = 0; r < kM; ++r) {
      int32_t group;
      __builtin_memcpy(&group, codes + r * kUnsignedStride, sizeof(group));
      const __m256i a = _mm256_set1_epi32(group);
      acc[r][0] = _mm256_dpbusd_avx_epi32(acc[r][0], a, b0);
      acc[r][1] = _mm256_dpbusd_avx_epi32(acc[r][1], a, b1);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < kM; ++r) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums[r]), acc[r][0]);
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums[r] + 8), acc[r][1]);
  }
}

using Panel = void (*)(const uint8_t*, const int8_t*, int64_t, const int32_t*, int64_t,
                       int32_t (*)[kColumns]);
constexpr Panel kMultiplyPanel[kRows] = {MultiplyPanel<1>, MultiplyPanel<2>, MultiplyPanel<3>,
                                         MultiplyPanel<4>, MultiplyPanel<5>, MultiplyPanel<6>};

// Rows [m, m + rows) times panels [first, last).
template <int kKind>
void MultiplyBlock(const GemmS8Args& g, int64_t m, int rows, int64_t first, int64_t last,
                   Scratch& scratch) {
  const int64_t codes = g.segments * PaddedSegment(g);
  const EpilogueArgs epilogue = g.epilogue;  // a copy that no store can alias
  int64_t k = 0;
  do {
    const int64_t count = codes - k < kChunk ? codes - k : kChunk;
    for (int r = 0; r < rows; ++r) {
      TurnRow(g, g.a + (m + r) * g.a_row_stride, k, count, scratch.codes + r * kUnsignedStride);
    }
    for (int64_t panel = first; panel < last; ++panel) {
      int32_t(*sums)[kColumns] = scratch.sums[panel - first];
      const int32_t* start = k == 0 ? g.bias + panel * kColumns : sums[0];
      kMultiplyPanel[rows - 1](scratch.codes, g.b + panel * g.b_panel_stride + k * kColumns,
                               count / 4, start, k == 0 ? 0 : kColumns, sums);
      if (k + count < codes) continue;
      const int64_t n = panel * kColumns;
      const int columns = g.n - n < kColumns ? static_cast<int>(g.n - n) : kColumns;
      for (int r = 0; r < rows; ++r) {
        StoreColumns16<kKind>(Load8(sums[r]), Load8(sums[r] + 8), epilogue, n, columns, g.out,
                              (m + r) * g.out_row_stride + n);
      }
    }
    k += count;
  } while (k < codes);
}

template <int kKind>
void Multiply(const GemmS8Args& g) {
  Scratch scratch;
  const int64_t panels = (int64_t{g.n} + kColumns - 1) / kColumns;
  for (int64_t first = 0; first < panels; first += kBlockPanels) {
    const int64_t last = first + kBlockPanels < panels ? first + kBlockPanels : panels;
    for (int64_t m = 0; m < g.m; m += kRows) {
      const int rows = g.m - m < kRows ? static_cast<int>(g.m - m) : kRows;
      MultiplyBlock<kKind>(g, m, rows, first, last, scratch);
    }
  }
}

}  // namespace

void gemm_s8s8s32_6x16x4_avxvnni(const GemmS8Args* args) {
  WithEpilogueKind(args->epilogue.kind, [&]<int kKind>() { Multiply<kKind>(*args); });
}

}  // namespace octet::kernels
