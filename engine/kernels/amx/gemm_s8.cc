#include "engine/kernels/gemm_s8.h"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/avx512vnni/epilogue.h"

// TDPBSSD multiplies 16 x 64 by 64 x 16 codes. A block has two tiles of rows by two of columns,
// which load least, or, where sums are short and storing counts for more, one by four, which write
// whole cache lines. The left side is read where it lies, and what its tiles hold beyond a segment
// meets zero weights. While the tile unit multiplies one block, the vector units requantize the one
// before.
//
// A row or two of a small product are quicker without tiles, which take as long to set up.
//
// Tiles are configured at the start of each call and released at its end, whichever thread makes
// it: between calls no thread has tile state that its context switches would have to save.
namespace octet::kernels {
namespace {

constexpr int kTile = 16;       // rows, and columns, of a tile of sums
constexpr int kTileCodes = 64;  // codes of a row of a tile
constexpr int kRows = 2 * kTile;
constexpr int kPanels = 2;
constexpr int64_t kPanelSums = kRows * kTile;
constexpr int kWidePanels = 4;
constexpr int64_t kWideSums = kTile * kTile;
// Most steps of 64 codes that a sum of a wide block has.
constexpr int64_t kMaxWideSteps = 3;
constexpr int64_t kPanelStep = kTile * kTileCodes;  // bytes of a panel that a tile holds
// Rows of the left side that stay in the first cache while panels pass by.
constexpr int64_t kGroupBytes = 32 << 10;
// Panels larger than this in all come from beyond the second cache: more rows share each fetch.
constexpr int64_t kFarBytes = 3 << 19;
constexpr int64_t kFarGroupBytes = 512 << 10;  // of these rows
// Fewest rows for which setting up an epilogue pays.
constexpr int64_t kMinFinish = 4;

// Tiles: sums 0 to 3 (row tile * 2 + panel), rows of the left side 4 and 5, panels 6 and 7.
struct alignas(64) TileConfiguration {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfiguration) == 64);

// One for each number of rows of the left side, less one. Constants, because compilers do not know
// that loading a configuration reads all of it.
struct TileConfigurations {
  TileConfiguration of[kTile];

  constexpr TileConfigurations() : of() {
    for (int rows = 1; rows <= kTile; ++rows) {
      for (int tile = 0; tile < 6; ++tile) of[rows - 1].rows[tile] = static_cast<uint8_t>(rows);
    }
  }
};
constexpr TileConfigurations kConfigurations;

// Sums of a block that wait for their epilogue, rows [next, rows).
struct Pending {
  TileSums sums;
  TileOut to;
  EpilogueArgs epilogue;
  int next;
  int rows;
};

// Finishes up to `count` more rows.
template <int kKind, Bounds kBounds>
void Finish(Pending& p, int64_t count) {
  if (p.next >= p.rows) return;
  const int end = p.rows - p.next < count ? p.rows : p.next + static_cast<int>(count);
  FinishRows<kKind, kBounds>(p.sums, p.to, p.epilogue, p.next, end);
  p.next = end;
}
using FinishFunction = void (*)(Pending&, int64_t);

FinishFunction FinishFor(const GemmS8Args& g) {
  FinishFunction finish = nullptr;
  WithEpilogue(g.epilogue, g.n,
               [&]<int kKind, Bounds kBounds>() { finish = Finish<kKind, kBounds>; });
  return finish;
}

int64_t StepsPerSegment(const GemmS8Args& g) {
  return (int64_t{g.segment_length} + kTileCodes - 1) / kTileCodes;
}

// Rows, whole tiles, whose codes take up to so many bytes; those that overlap bring little more.
int64_t GroupRows(const GemmS8Args& g, int64_t bytes, int64_t tile) {
  const int64_t k = int64_t{g.segments} * g.segment_length;
  const int64_t row_bytes = g.a_row_stride < k ? g.a_row_stride : k;
  const int64_t rows = row_bytes > 0 ? bytes / row_bytes / tile * tile : tile;
  return rows > tile ? rows : tile;
}

void* OutRow(const GemmS8Args& g, int64_t m) {
  const int64_t element = g.epilogue.kind == kEpilogueInt32 ? 4 : 1;
  return static_cast<int8_t*>(g.out) + m * g.out_row_stride * element;
}

// One block: its first row at `a`; its second tile begins `second` rows on, and may overlap the
// first.
struct Block {
  const int8_t* a;
  int64_t second;
  const int8_t* b;
  const int32_t* bias;
  int64_t steps_per_segment;
  int64_t finish_rows;  // of the block before, in each step
};

// sums[p][r] = bias + rows times panels, of which kM tiles by kP are there.
template <int kM, int kP>
void MultiplyBlock(const GemmS8Args& g, const Block& block, FinishFunction finish, Pending& before,
                   int32_t* sums) {
  // A stride of zero gives every row of a tile the same bias.
  _tile_loadd(0, block.bias, 0);
  if constexpr (kP > 1) _tile_loadd(1, block.bias + kTile, 0);
  if constexpr (kM > 1) _tile_loadd(2, block.bias, 0);
  if constexpr (kM > 1 && kP > 1) _tile_loadd(3, block.bias + kTile, 0);
  const int8_t* b = block.b;
  const int64_t second = block.second * g.a_row_stride;
  for (int64_t s = 0; s < g.segments; ++s) {
    const int8_t* a = block.a + s * g.a_segment_stride;
    for (int64_t i = 0; i < block.steps_per_segment; ++i, a += kTileCodes, b += kPanelStep) {
      _tile_loadd(6, b, kTileCodes);
      _tile_loadd(4, a, g.a_row_stride);
      _tile_dpbssd(0, 4, 6);
      if constexpr (kP > 1) {
        _tile_loadd(7, b + g.b_panel_stride, kTileCodes);
        _tile_dpbssd(1, 4, 7);
      }
      if constexpr (kM > 1) {
        _tile_loadd(5, a + second, g.a_row_stride);
        _tile_dpbssd(2, 5, 6);
        if constexpr (kP > 1) _tile_dpbssd(3, 5, 7);
      }
      finish(before, block.finish_rows);
    }
  }
  finish(before, kRows);
  _tile_stored(0, sums, kTile * 4);
  if constexpr (kP > 1) _tile_stored(1, sums + kPanelSums, kTile * 4);
  if constexpr (kM > 1) {
    int32_t* below = sums + block.second * kTile;
    _tile_stored(2, below, kTile * 4);
    if constexpr (kP > 1) _tile_stored(3, below + kPanelSums, kTile * 4);
  }
}

using BlockFunction = void (*)(const GemmS8Args&, const Block&, FinishFunction, Pending&, int32_t*);
constexpr BlockFunction kBlocks[2][2] = {{MultiplyBlock<1, 1>, MultiplyBlock<1, 2>},
                                         {MultiplyBlock<2, 1>, MultiplyBlock<2, 2>}};

// Walks over the square blocks of a product.
class Product {
 public:
  explicit Product(const GemmS8Args& g)
      : g_(g), finish_(FinishFor(g)), steps_per_segment_(StepsPerSegment(g)) {
    const int64_t steps = g.segments * steps_per_segment_;
    const int64_t share = steps > 0 ? (kRows + steps - 1) / steps : kRows;
    finish_rows_ = share < kMinFinish ? kMinFinish : (share + 1) / 2 * 2;
    pending_ = {{sums_[0], kPanelSums}, {}, g.epilogue, 0, 0};
  }

  void Run() {
    const int64_t weights = int64_t{g_.segments} * g_.segment_length * g_.n;
    const int64_t group = GroupRows(g_, weights > kFarBytes ? kFarGroupBytes : kGroupBytes, kRows);
    for (int64_t first = 0; first < g_.m; first += group) {
      const int64_t last = g_.m - first < group ? g_.m : first + group;
      for (int64_t n = 0; n < g_.n; n += kPanels * kTile) {
        for (int64_t m = first; m < last; m += kRows) Multiply(m, n);
      }
    }
    finish_(pending_, kRows);
  }

 private:
  // The block at row m and column n. The last tile of rows begins so that it ends with the matrix.
  void Multiply(int64_t m, int64_t n) {
    const int64_t rest = g_.m - m < kRows ? g_.m - m : kRows;
    const int64_t begin = rest < kTile && g_.m >= kTile ? g_.m - kTile : m;
    const int columns = g_.n - n < kPanels * kTile ? static_cast<int>(g_.n - n) : kPanels * kTile;
    const Block block = {g_.a + begin * g_.a_row_stride,
                         rest - kTile,
                         g_.b + n / kTile * g_.b_panel_stride,
                         g_.bias + n,
                         steps_per_segment_,
                         finish_rows_};
    kBlocks[rest > kTile][columns > kTile](g_, block, finish_, pending_, sums_[turn_]);
    pending_.sums.sums = sums_[turn_];
    pending_.to = {OutRow(g_, begin), g_.out_row_stride, n, columns};
    pending_.next = static_cast<int>(m - begin);
    pending_.rows = static_cast<int>(m - begin + rest);
    turn_ ^= 1;
  }

  alignas(64) int32_t sums_[2][kPanels * kPanelSums];
  const GemmS8Args g_;
  const FinishFunction finish_;
  const int64_t steps_per_segment_;
  int64_t finish_rows_;
  Pending pending_;
  int turn_ = 0;
};

// Walks over the wide blocks of a product of few steps.
template <int kKind, Bounds kBounds>
class WideProduct {
 public:
  explicit WideProduct(const GemmS8Args& g) : g_(g), steps_per_segment_(StepsPerSegment(g)) {}

  void Run() {
    // Where all panels stay in the first cache, whole rows of results follow each other.
    const int64_t panels = g_.segments * steps_per_segment_ * kTileCodes * g_.n;
    const int64_t group = panels > kGroupBytes ? GroupRows(g_, kGroupBytes, kTile) : kTile;
    for (int64_t first = 0; first < g_.m; first += group) {
      const int64_t last = g_.m - first < group ? g_.m : first + group;
      for (int64_t n = 0; n < g_.n; n += kWidePanels * kTile) {
        for (int64_t m = first; m < last; m += kTile) Advance(m, n);
      }
    }
    FinishBefore();
  }

 private:
  // Rows [next, rows) from `begin` on count; no columns: no block.
  struct Place {
    TileOut to = {};
    int64_t begin = 0;
    int next = 0;
    int rows = 0;

    int panels() const { return (to.columns + kTile - 1) / kTile; }
  };

  void Advance(int64_t m, int64_t n) {
    const int64_t rest = g_.m - m < kTile ? g_.m - m : kTile;
    const int64_t begin = rest < kTile && g_.m >= kTile ? g_.m - kTile : m;
    const int columns =
        g_.n - n < kWidePanels * kTile ? static_cast<int>(g_.n - n) : kWidePanels * kTile;
    Advance({{OutRow(g_, begin), g_.out_row_stride, n, columns},
             begin,
             static_cast<int>(m - begin),
             static_cast<int>(m - begin + rest)});
  }

  // Multiplies a block and finishes the one before.
  void Advance(const Place& block) {
    switch (block.panels()) {
      case 1:
        return Advance<1>(block);
      case 2:
        return Advance<2>(block);
      case 3:
        return Advance<3>(block);
      default:
        return Advance<4>(block);
    }
  }

  template <int kP>
  void Advance(const Place& block) {
    Multiply<kP>(block);
    FinishBefore();
    _tile_stored(0, sums_[turn_], kTile * 4);
    if constexpr (kP > 1) _tile_stored(1, sums_[turn_] + kWideSums, kTile * 4);
    if constexpr (kP > 2) _tile_stored(2, sums_[turn_] + 2 * kWideSums, kTile * 4);
    if constexpr (kP > 3) _tile_stored(3, sums_[turn_] + 3 * kWideSums, kTile * 4);
    before_ = block;
    turn_ ^= 1;
  }

  template <int kP>
  void Multiply(const Place& block) {
    const int32_t* bias = g_.bias + block.to.c;
    // A stride of zero gives every row of a tile the same bias.
    _tile_loadd(0, bias, 0);
    if constexpr (kP > 1) _tile_loadd(1, bias + kTile, 0);
    if constexpr (kP > 2) _tile_loadd(2, bias + 2 * kTile, 0);
    if constexpr (kP > 3) _tile_loadd(3, bias + 3 * kTile, 0);
    const int64_t next = g_.b_panel_stride;
    const int8_t* b = g_.b + block.to.c / kTile * next;
    for (int64_t s = 0; s < g_.segments; ++s) {
      const int8_t* a = g_.a + block.begin * g_.a_row_stride + s * g_.a_segment_stride;
      for (int64_t i = 0; i < steps_per_segment_; ++i, a += kTileCodes, b += kPanelStep) {
        _tile_loadd(4, a, g_.a_row_stride);
        _tile_loadd(6, b, kTileCodes);
        _tile_dpbssd(0, 4, 6);
        if constexpr (kP > 1) {
          _tile_loadd(7, b + next, kTileCodes);
          _tile_dpbssd(1, 4, 7);
        }
        if constexpr (kP > 2) {
          _tile_loadd(6, b + 2 * next, kTileCodes);
          _tile_dpbssd(2, 4, 6);
        }
        if constexpr (kP > 3) {
          _tile_loadd(7, b + 3 * next, kTileCodes);
          _tile_dpbssd(3, 4, 7);
        }
      }
    }
  }

  void FinishBefore() {
    if (before_.next >= before_.rows) return;
    FinishRows<kKind, kBounds>({sums_[turn_ ^ 1], kWideSums}, before_.to, g_.epilogue, before_.next,
                               before_.rows);
  }

  alignas(64) int32_t sums_[2][kWidePanels * kWideSums];
  const GemmS8Args g_;
  const int64_t steps_per_segment_;
  Place before_;  // its sums in sums_[turn_ ^ 1]
  int turn_ = 0;
};

constexpr int kMaxRowsWithoutTiles = 2;
constexpr int64_t kMaxCodesWithoutTiles = 64 << 10;  // of the right side

// sums[p] = bias + row times panel p, by products of unsigned codes: 128 times the weights is
// summed beside them and taken off again.
template <int kP>
void MultiplyRow(const GemmS8Args& g, const int8_t* row, const int8_t* panels, const int32_t* bias,
                 int32_t (*sums)[kTile]) {
  const __m512i top = _mm512_set1_epi8(-128);
  const int64_t steps = StepsPerSegment(g);
  __m512i acc[kP], excess[kP];
#pragma GCC unroll 4
  for (int p = 0; p < kP; ++p) {
    acc[p] = Load16(bias + p * kTile);
    excess[p] = _mm512_setzero_si512();
  }
  for (int64_t s = 0; s < g.segments; ++s) {
    const int8_t* a = row + s * g.a_segment_stride;
    const int8_t* b = panels + s * steps * kPanelStep;
    for (int64_t k = 0; k < g.segment_length; k += 4, b += kTileCodes) {
      int32_t group;
      __builtin_memcpy(&group, a + k, sizeof(group));
      const __m512i codes = _mm512_xor_si512(_mm512_set1_epi32(group), top);
#pragma GCC unroll 4
      for (int p = 0; p < kP; ++p) {
        const __m512i weights = _mm512_loadu_si512(b + p * g.b_panel_stride);
        acc[p] = _mm512_dpbusd_epi32(acc[p], codes, weights);
        excess[p] = _mm512_dpbusd_epi32(excess[p], top, weights);
      }
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < kP; ++p) _mm512_store_si512(sums[p], _mm512_sub_epi32(acc[p], excess[p]));
}

using RowFunction = void (*)(const GemmS8Args&, const int8_t*, const int8_t*, const int32_t*,
                             int32_t (*)[kTile]);
constexpr RowFunction kMultiplyRow[kWidePanels] = {MultiplyRow<1>, MultiplyRow<2>, MultiplyRow<3>,
                                                   MultiplyRow<4>};

void MultiplyRows(const GemmS8Args& g) {
  const FinishFunction finish = FinishFor(g);
  for (int64_t m = 0; m < g.m; ++m) {
    for (int64_t n = 0; n < g.n; n += kWidePanels * kTile) {
      alignas(64) int32_t sums[kWidePanels][kTile];
      const int columns =
          g.n - n < kWidePanels * kTile ? static_cast<int>(g.n - n) : kWidePanels * kTile;
      kMultiplyRow[(columns - 1) / kTile](g, g.a + m * g.a_row_stride,
                                          g.b + n / kTile * g.b_panel_stride, g.bias + n, sums);
      Pending pending = {
          {sums[0], kTile}, {OutRow(g, m), g.out_row_stride, n, columns}, g.epilogue, 0, 1};
      finish(pending, 1);
    }
  }
}

}  // namespace

void gemm_s8s8s32_32x16x4_amx(const GemmS8Args* args) {
  if (args->m <= 0) return;
  const int64_t codes = int64_t{args->n} * args->segments * args->segment_length;
  if (args->m <= kMaxRowsWithoutTiles && codes <= kMaxCodesWithoutTiles) {
    return MultiplyRows(*args);
  }
  const int rows = args->m < kTile ? args->m : kTile;
  _tile_loadconfig(&kConfigurations.of[rows - 1]);
  if (args->segments * StepsPerSegment(*args) <= kMaxWideSteps) {
    WithEpilogue(args->epilogue, args->n,
                 [&]<int kKind, Bounds kBounds>() { WideProduct<kKind, kBounds>(*args).Run(); });
  } else {
    Product(*args).Run();
  }
  _tile_release();
}

}  // namespace octet::kernels
