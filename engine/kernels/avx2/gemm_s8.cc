#include "engine/kernels/gemm_s8.h"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/avx2/epilogue.h"

// Exact by pairs of 16-bit products: VPMADDWD never saturates on codes. A few rows of the left side
// are widened to 16 bits once and then serve a whole block of panels; the right side is widened as
// it is loaded.
namespace octet::kernels {
namespace {

constexpr int kRows = 6;
constexpr int kColumns = 16;
constexpr int64_t kChunk = 512;               // codes of a row that are widened at a time
constexpr int64_t kWideStride = kChunk + 32;  // not a power of two: rows would share cache sets
constexpr int kBlockPanels = 16;

struct Scratch {
  alignas(64) int16_t wide[kRows * kWideStride];
  alignas(64) int32_t sums[kBlockPanels][kRows][kColumns];
};

// Padded codes of one row of the left side: each segment is padded to pairs.
int64_t SegmentCodes(const GemmS8Args& g) { return (g.segment_length + int64_t{1}) / 2 * 2; }

// Widens padded codes [begin, end) of a row. Reads at most 16 bytes past a segment.
void WidenRow(const GemmS8Args& g, const int8_t* row, int64_t begin, int64_t end, int16_t* wide) {
  const int64_t segment_codes = SegmentCodes(g);
  for (int64_t k = begin; k < end;) {
    const int64_t segment = k / segment_codes;
    const int64_t offset = k - segment * segment_codes;
    const int64_t rest = segment_codes - offset;
    const int64_t run = rest < end - k ? rest : end - k;
    const int8_t* source = row + segment * g.a_segment_stride + offset;
    for (int64_t i = 0; i < run; i += 16) {
      const __m128i codes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(wide + i), _mm256_cvtepi8_epi16(codes));
    }
    wide += run;
    k += run;
  }
}

__m256i BroadcastPair(const int16_t* p) {
  int32_t pair;
  __builtin_memcpy(&pair, p, sizeof(pair));
  return _mm256_set1_epi32(pair);
}

// sums[r][*] += wide[r] * panel, over `pairs` pairs of codes.
template <int kM>
void MultiplyPanel(const int16_t* wide, const int8_t* b, int64_t pairs, int32_t (*sums)[kColumns]) {
  __m256i acc[kM][2];
  for (int r = 0; r < kM; ++r) {
    acc[r][0] = Load8(sums[r]);
    acc[r][1] = Load8(sums[r] + 8);
  }
  for (int64_t p = 0; p < pairs; ++p, b += 2 * kColumns, wide += 2) {
    const __m128i* codes = reinterpret_cast<const __m128i*>(b);
    const __m256i b0 = _mm256_cvtepi8_epi16(_mm_loadu_si128(codes));
    const __m256i b1 = _mm256_cvtepi8_epi16(_mm_loadu_si128(codes + 1));
#pragma GCC unroll 6
    for (int r = 0; r < kM; ++r) {
      const __m256i a = BroadcastPair(wide + r * kWideStride);
      acc[r][0] = _mm256_add_epi32(acc[r][0], _mm256_madd_epi16(a, b0));
      acc[r][1] = _mm256_add_epi32(acc[r][1], _mm256_madd_epi16(a, b1));
    }
  }
  for (int r = 0; r < kM; ++r) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums[r]), acc[r][0]);
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums[r] + 8), acc[r][1]);
  }
}

template <int kKind>
void StoreTile(const GemmS8Args& g, int32_t (*sums)[kColumns], int64_t m, int rows, int64_t n) {
  const int count = g.n - n < kColumns ? static_cast<int>(g.n - n) : kColumns;
  for (int r = 0; r < rows; ++r) {
    StoreColumns16<kKind>(Load8(sums[r]), Load8(sums[r] + 8), g.epilogue, n, count, g.out,
                          (m + r) * g.out_row_stride + n);
  }
}

void StoreTile(const GemmS8Args& g, int32_t (*sums)[kColumns], int64_t m, int rows, int64_t n) {
  switch (g.epilogue.kind) {
    case kEpilogueInt32:
      return StoreTile<kEpilogueInt32>(g, sums, m, rows, n);
    case kEpilogueFixedPoint:
      return StoreTile<kEpilogueFixedPoint>(g, sums, m, rows, n);
    case kEpilogueFloat32:
      return StoreTile<kEpilogueFloat32>(g, sums, m, rows, n);
    case kEpilogueFloat64:
      return StoreTile<kEpilogueFloat64>(g, sums, m, rows, n);
  }
}

// Rows [m, m + kM) times panels [first, last).
template <int kM>
void MultiplyBlock(const GemmS8Args& g, int64_t m, int64_t first, int64_t last, Scratch& scratch) {
  for (int64_t panel = first; panel < last; ++panel) {
    for (int r = 0; r < kM; ++r) {
      for (int j = 0; j < kColumns; ++j) {
        scratch.sums[panel - first][r][j] = g.bias[panel * kColumns + j];
      }
    }
  }
  const int64_t codes = g.segments * SegmentCodes(g);
  for (int64_t k = 0; k < codes; k += kChunk) {
    const int64_t end = k + kChunk < codes ? k + kChunk : codes;
    for (int r = 0; r < kM; ++r) {
      WidenRow(g, g.a + (m + r) * g.a_row_stride, k, end, scratch.wide + r * kWideStride);
    }
    for (int64_t panel = first; panel < last; ++panel) {
      MultiplyPanel<kM>(scratch.wide, g.b + panel * g.b_panel_stride + k * kColumns, (end - k) / 2,
                        scratch.sums[panel - first]);
    }
  }
  for (int64_t panel = first; panel < last; ++panel) {
    StoreTile(g, scratch.sums[panel - first], m, kM, panel * kColumns);
  }
}

}  // namespace

void gemm_s8s8s32_6x16x2_avx2(const GemmS8Args* args) {
  const GemmS8Args& g = *args;
  using Block = void (*)(const GemmS8Args&, int64_t, int64_t, int64_t, Scratch&);
  static constexpr Block kBlocks[kRows] = {MultiplyBlock<1>, MultiplyBlock<2>, MultiplyBlock<3>,
                                           MultiplyBlock<4>, MultiplyBlock<5>, MultiplyBlock<6>};
  Scratch scratch;
  const int64_t panels = (int64_t{g.n} + kColumns - 1) / kColumns;
  for (int64_t first = 0; first < panels; first += kBlockPanels) {
    const int64_t last = first + kBlockPanels < panels ? first + kBlockPanels : panels;
    for (int64_t m = 0; m < g.m; m += kRows) {
      const int64_t rows = g.m - m < kRows ? g.m - m : kRows;
      kBlocks[rows - 1](g, m, first, last, scratch);
    }
  }
}

}  // namespace octet::kernels
