#include "engine/kernels/gemm_s8.h"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/avx512vnni/epilogue.h"

// VPDPBUSD multiplies unsigned by signed bytes and sums four products exactly. A few rows of the
// left side are turned into unsigned codes once and then serve a whole block of panels.
namespace octet::kernels {
namespace {

constexpr int kRows = 6;
constexpr int kPanels = 4;
constexpr int kColumns = 16;
constexpr int64_t kChunk = 2304;                  // codes of a row that are turned at a time
constexpr int64_t kUnsignedStride = kChunk + 64;  // not a power of two: rows would share sets
constexpr int kBlockPanels = 16;

struct Scratch {
  alignas(64) uint8_t codes[kRows * kUnsignedStride];
  alignas(64) int32_t sums[kBlockPanels][kRows][kColumns];
};

// Padded codes of one row of the left side: each segment is padded to groups of four.
int64_t SegmentCodes(const GemmS8Args& g) { return (g.segment_length + int64_t{3}) / 4 * 4; }

// A place among the padded codes of a row.
struct Cursor {
  int64_t segment;
  int64_t offset;
};

// Turns `count` padded codes of a row from `at` on. Reads at most 63 bytes past a segment.
void TurnRow(const GemmS8Args& g, const int8_t* row, Cursor at, int64_t count, uint8_t* codes) {
  const __m512i top = _mm512_set1_epi8(-128);
  const int64_t segment_codes = SegmentCodes(g);
  const int8_t* source = row + at.segment * g.a_segment_stride + at.offset;
  int64_t rest = segment_codes - at.offset;
  while (count > 0) {
    const int64_t run = rest < count ? rest : count;
    for (int64_t i = 0; i < run; i += 64) {
      _mm512_storeu_si512(codes + i, _mm512_xor_si512(_mm512_loadu_si512(source + i), top));
    }
    codes += run;
    count -= run;
    source += run - segment_codes + g.a_segment_stride;
    rest = segment_codes;
  }
}

__m512i BroadcastGroup(const uint8_t* p) {
  int32_t group;
  __builtin_memcpy(&group, p, sizeof(group));
  return _mm512_set1_epi32(group);
}

// The right side of a tile, and where its sums start: `start` has sixteen for each panel and, a
// `start_row_stride` further on, each row.
struct TileSource {
  const int8_t* b;
  int64_t panel_stride;
  int64_t groups;
  const int32_t* start;
  int64_t start_panel_stride;
  int64_t start_row_stride;
};

// sums[p][r][*] = start + codes[r] * panel p.
template <int kM, int kP>
void MultiplyTile(const uint8_t* codes, const TileSource& s, int32_t (*sums)[kRows][kColumns]) {
  __m512i acc[kM][kP];
#pragma GCC unroll 6
  for (int r = 0; r < kM; ++r) {
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) {
      acc[r][p] = Load16(s.start + p * s.start_panel_stride + r * s.start_row_stride);
    }
  }
  const int8_t* b = s.b;
  for (int64_t i = 0; i < s.groups; ++i, b += 4 * kColumns, codes += 4) {
    __m512i weights[kP];
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) weights[p] = _mm512_loadu_si512(b + p * s.panel_stride);
#pragma GCC unroll 6
    for (int r = 0; r < kM; ++r) {
      const __m512i a = BroadcastGroup(codes + r * kUnsignedStride);
#pragma GCC unroll 4
      for (int p = 0; p < kP; ++p) acc[r][p] = _mm512_dpbusd_epi32(acc[r][p], a, weights[p]);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < kM; ++r) {
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) _mm512_store_si512(sums[p][r], acc[r][p]);
  }
}

using Tile = void (*)(const uint8_t*, const TileSource&, int32_t (*)[kRows][kColumns]);
#define OCTET_TILES(rows) \
  { MultiplyTile<rows, 1>, MultiplyTile<rows, 2>, MultiplyTile<rows, 3>, MultiplyTile<rows, 4> }
constexpr Tile kTiles[kRows][kPanels] = {OCTET_TILES(1), OCTET_TILES(2), OCTET_TILES(3),
                                         OCTET_TILES(4), OCTET_TILES(5), OCTET_TILES(6)};
#undef OCTET_TILES

// Rows [m, m + rows) times panels [first, last).
template <int kKind, Bounds kBounds>
void MultiplyBlock(const GemmS8Args& g, int64_t m, int rows, int64_t first, int64_t last,
                   Scratch& scratch) {
  const int64_t segment_codes = SegmentCodes(g);
  const int64_t codes = g.segments * segment_codes;
  const EpilogueArgs epilogue = g.epilogue;  // a copy that no store can alias
  constexpr int64_t kPanelSums = kRows * kColumns;
  int64_t k = 0;
  do {
    const int64_t count = codes - k < kChunk ? codes - k : kChunk;
    const Cursor at = k == 0 ? Cursor{0, 0} : Cursor{k / segment_codes, k % segment_codes};
    for (int r = 0; r < rows; ++r) {
      TurnRow(g, g.a + (m + r) * g.a_row_stride, at, count, scratch.codes + r * kUnsignedStride);
    }
    for (int64_t panel = first; panel < last; panel += kPanels) {
      const int panels = last - panel < kPanels ? static_cast<int>(last - panel) : kPanels;
      auto* sums = scratch.sums + (panel - first);
      TileSource source = {g.b + panel * g.b_panel_stride + k * kColumns,
                           g.b_panel_stride,
                           count / 4,
                           g.bias + panel * kColumns,
                           kColumns,
                           0};
      if (k > 0) {
        source.start = sums[0][0];
        source.start_panel_stride = kPanelSums;
        source.start_row_stride = kColumns;
      }
      kTiles[rows - 1][panels - 1](scratch.codes, source, sums);
      if (k + count < codes) continue;
      const int64_t n = panel * kColumns;
      const int columns =
          g.n - n < panels * kColumns ? static_cast<int>(g.n - n) : panels * kColumns;
      void* out = kKind == kEpilogueInt32
                      ? static_cast<void*>(static_cast<int32_t*>(g.out) + m * g.out_row_stride)
                      : static_cast<int8_t*>(g.out) + m * g.out_row_stride;
      FinishRows<kKind, kBounds>({sums[0][0], kPanelSums}, {out, g.out_row_stride, n, columns},
                                 epilogue, 0, rows);
    }
    k += count;
  } while (k < codes);
}

template <int kKind, Bounds kBounds>
void Multiply(const GemmS8Args& g) {
  Scratch scratch;
  const int64_t panels = (int64_t{g.n} + kColumns - 1) / kColumns;
  for (int64_t first = 0; first < panels; first += kBlockPanels) {
    const int64_t last = first + kBlockPanels < panels ? first + kBlockPanels : panels;
    for (int64_t m = 0; m < g.m; m += kRows) {
      const int rows = g.m - m < kRows ? static_cast<int>(g.m - m) : kRows;
      MultiplyBlock<kKind, kBounds>(g, m, rows, first, last, scratch);
    }
  }
}

}  // namespace

void gemm_s8s8s32_6x16x4_avx512vnni(const GemmS8Args* args) {
  WithEpilogue(args->epilogue, args->n,
               [&]<int kKind, Bounds kBounds>() { Multiply<kKind, kBounds>(*args); });
}

}  // namespace octet::kernels
