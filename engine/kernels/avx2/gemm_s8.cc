#include "engine/kernels/gemm_s8.h"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/avx2/epilogue.h"
#include "engine/kernels/epilogue_kinds.h"

// Exact by pairs of 16-bit products: VPMADDWD never saturates on codes. A few rows of the left side
// are widened to 16 bits once and then serve a whole block of panels; the right side is widened as
// it is loaded.
namespace octet::kernels {
namespace {

constexpr int kRows = 4;
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

// A place among the padded codes of a row.
struct Cursor {
  int64_t segment;
  int64_t offset;
};

// Widens `count` padded codes of a row from `at` on. Reads at most 16 bytes past a segment.
void WidenRow(const GemmS8Args& g, const int8_t* row, Cursor at, int64_t count, int16_t* wide) {
  const int64_t segment_codes = SegmentCodes(g);
  const int8_t* source = row + at.segment * g.a_segment_stride + at.offset;
  int64_t rest = segment_codes - at.offset;
  while (count > 0) {
    const int64_t run = rest < count ? rest : count;
    for (int64_t i = 0; i < run; i += 16) {
      const __m128i codes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(wide + i), _mm256_cvtepi8_epi16(codes));
    }
    wide += run;
    count -= run;
    source += run - segment_codes + g.a_segment_stride;
    rest = segment_codes;
  }
}

__m256i BroadcastPair(const int16_t* p) {
  int32_t pair;
  __builtin_memcpy(&pair, p, sizeof(pair));
  return _mm256_set1_epi32(pair);
}

// sums[r][*] = start[r][*] + wide[r] * panel, over `pairs` pairs of codes.
template <int kM>
void MultiplyPanel(const int16_t* wide, const int8_t* b, int64_t pairs, const int32_t* start,
                   int64_t start_stride, int32_t (*sums)[kColumns]) {
  __m256i acc[kM][2];
  for (int r = 0; r < kM; ++r) {
    acc[r][0] = Load8(start + r * start_stride);
    acc[r][1] = Load8(start + r * start_stride + 8);
  }
  for (int64_t p = 0; p < pairs; ++p, b += 2 * kColumns, wide += 2) {
    const __m128i* codes = reinterpret_cast<const __m128i*>(b);
    const __m256i b0 = _mm256_cvtepi8_epi16(_mm_loadu_si128(codes));
    const __m256i b1 = _mm256_cvtepi8_epi16(_mm_loadu_si128(codes + 1));
#pragma GCC unroll 4
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
  const EpilogueArgs epilogue = g.epilogue;  // a copy that no store can alias
  for (int r = 0; r < rows; ++r) {
    StoreColumns16<kKind>(Load8(sums[r]), Load8(sums[r] + 8), epilogue, n, count, g.out,
                          (m + r) * g.out_row_stride + n);
  }
}

void StoreTile(const GemmS8Args& g, int32_t (*sums)[kColumns], int64_t m, int rows, int64_t n) {
  WithEpilogueKind(g.epilogue.kind, [&]<int kKind>() { StoreTile<kKind>(g, sums, m, rows, n); });
}

// Rows [m, m + kM) times panels [first, last).
template <int kM>
void MultiplyBlock(const GemmS8Args& g, int64_t m, int64_t first, int64_t last, Scratch& scratch) {
  const int64_t segment_codes = SegmentCodes(g);
  const int64_t codes = g.segments * segment_codes;
  int64_t k = 0;
  do {
    const int64_t count = codes - k < kChunk ? codes - k : kChunk;
    const Cursor at = k == 0 ? Cursor{0, 0} : Cursor{k / segment_codes, k % segment_codes};
    for (int r = 0; r < kM; ++r) {
      WidenRow(g, g.a + (m + r) * g.a_row_stride, at, count, scratch.wide + r * kWideStride);
    }
    for (int64_t panel = first; panel < last; ++panel) {
      int32_t(*sums)[kColumns] = scratch.sums[panel - first];
      const int32_t* start = k == 0 ? g.bias + panel * kColumns : sums[0];
      MultiplyPanel<kM>(scratch.wide, g.b + panel * g.b_panel_stride + k * kColumns, count / 2,
                        start, k == 0 ? 0 : kColumns, sums);
      if (k + count == codes) StoreTile(g, sums, m, kM, panel * kColumns);
    }
    k += count;
  } while (k < codes);
}

}  // namespace

void gemm_s8s8s32_4x16x2_avx2(const GemmS8Args* args) {
  const GemmS8Args& g = *args;
  using Block = void (*)(const GemmS8Args&, int64_t, int64_t, int64_t, Scratch&);
  static constexpr Block kBlocks[kRows] = {MultiplyBlock<1>, MultiplyBlock<2>, MultiplyBlock<3>,
                                           MultiplyBlock<4>};
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
