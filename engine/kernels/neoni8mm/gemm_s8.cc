#include "engine/kernels/gemm_s8.h"

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/epilogue_kinds.h"
#include "engine/kernels/neon/epilogue.h"
#include "engine/kernels/neon/row_blocks.h"

// SMMLA multiplies two rows by two columns, eight codes of each, into a register of four sums:
// row 0's two, then row 1's two. A panel's groups of eight codes, column by column, are pairs of
// columns as it wants them; pairs of rows are zipped from the rows where they lie.
//
// 8 x 8 keeps 16 accumulators, 8 registers of row pairs and the weights of a pair in the 32
// registers of a Neoverse V1, N2 or Cortex-X2. Sixteen loads and eight zips serve 32 SMMLAs.
namespace octet::kernels {
namespace {

constexpr int kRows = 8;
constexpr int kColumns = 8;
constexpr int kColumnPairs = kColumns / 2;
constexpr int kGroup = 8;
constexpr int kGroupBytes = kColumns * kGroup;

template <int kPairs>
struct Tile {
  int32x4_t acc[kPairs][kColumnPairs];
};

inline int8x16_t Zip1(int8x16_t a, int8x16_t b) {
  return vreinterpretq_s8_s64(vzip1q_s64(vreinterpretq_s64_s8(a), vreinterpretq_s64_s8(b)));
}
inline int8x16_t Zip2(int8x16_t a, int8x16_t b) {
  return vreinterpretq_s8_s64(vzip2q_s64(vreinterpretq_s64_s8(a), vreinterpretq_s64_s8(b)));
}

// tile += eight codes of each row times one group of weights.
template <int kPairs>
[[gnu::always_inline]] inline void AddGroup(const int8x16_t (&a)[kPairs], const int8_t* b,
                                            Tile<kPairs>& tile) {
#pragma GCC unroll 4
  for (int c = 0; c < kColumnPairs; ++c) {
    const int8x16_t w = vld1q_s8(b + c * 16);
#pragma GCC unroll 4
    for (int p = 0; p < kPairs; ++p) tile.acc[p][c] = vmmlaq_s32(tile.acc[p][c], a[p], w);
  }
}

// `last` is the distance from the first row of a pair to its second: a single row is its own
// partner. Kept out of line: what an epilogue needs would take registers from the loop.
template <int kPairs>
[[gnu::noinline]] void MultiplyPanel(const GemmS8Args& g, const int8_t* rows, int64_t last,
                                     const int8_t* b, const int32_t* bias, Tile<kPairs>* out) {
  Tile<kPairs> tile;  // in registers: no load can alias it
#pragma GCC unroll 4
  for (int c = 0; c < kColumnPairs; ++c) {
    const int32x2_t pair = vld1_s32(bias + 2 * c);
#pragma GCC unroll 4
    for (int p = 0; p < kPairs; ++p) tile.acc[p][c] = vcombine_s32(pair, pair);
  }
  for (int64_t s = 0; s < g.segments; ++s) {
    const int8_t* run = rows + s * g.a_segment_stride;
    int64_t rest = g.segment_length;
    // Codes past the segment's end meet zeros; a row's sixteen are read for the last nine to
    // fifteen too.
    for (; rest > kGroup; rest -= 2 * kGroup, run += 2 * kGroup, b += 2 * kGroupBytes) {
      int8x16_t near[kPairs], far[kPairs];
#pragma GCC unroll 4
      for (int p = 0; p < kPairs; ++p) {
        const int8_t* row = run + 2 * p * g.a_row_stride;
        const int8x16_t first = vld1q_s8(row);
        const int8x16_t second = vld1q_s8(row + last);
        near[p] = Zip1(first, second);
        far[p] = Zip2(first, second);
      }
      AddGroup<kPairs>(near, b, tile);
      AddGroup<kPairs>(far, b + kGroupBytes, tile);
    }
    if (rest <= 0) continue;
    int8x16_t near[kPairs];
#pragma GCC unroll 4
    for (int p = 0; p < kPairs; ++p) {
      const int8_t* row = run + 2 * p * g.a_row_stride;
      near[p] = vcombine_s8(vld1_s8(row), vld1_s8(row + last));
    }
    AddGroup<kPairs>(near, b, tile);
    b += kGroupBytes;
  }
  *out = tile;
}

// The sums of one row's four columns, out of those of its pair's two pairs of columns.
inline int32x4_t FirstRow(int32x4_t c01, int32x4_t c23) {
  return vcombine_s32(vget_low_s32(c01), vget_low_s32(c23));
}
inline int32x4_t SecondRow(int32x4_t c01, int32x4_t c23) {
  return vcombine_s32(vget_high_s32(c01), vget_high_s32(c23));
}

// Rows [m, m + rows) times the panel of the columns from n; rows is 2 kPairs, or 1.
template <int kPairs, int kKind>
void MultiplyTile(const GemmS8Args& g, const EpilogueArgs& epilogue, int64_t m, int rows,
                  int64_t n) {
  Tile<kPairs> tile;
  MultiplyPanel<kPairs>(g, g.a + m * g.a_row_stride, rows == 1 ? 0 : g.a_row_stride,
                        g.b + n / kColumns * g.b_panel_stride, g.bias + n, &tile);
  const int count = g.n - n < kColumns ? static_cast<int>(g.n - n) : kColumns;
  for (int p = 0; p < kPairs; ++p) {
    const int32x4_t(&acc)[kColumnPairs] = tile.acc[p];
    const int64_t index = (m + 2 * p) * g.out_row_stride + n;
    StoreColumns8<kKind>(FirstRow(acc[0], acc[1]), FirstRow(acc[2], acc[3]), epilogue, n, count,
                         g.out, index);
    if (rows == 1) return;
    StoreColumns8<kKind>(SecondRow(acc[0], acc[1]), SecondRow(acc[2], acc[3]), epilogue, n, count,
                         g.out, index + g.out_row_stride);
  }
}

template <int kKind>
void Multiply(const GemmS8Args& args) {
  const GemmS8Args g = args;  // copies that no store can alias
  const EpilogueArgs epilogue = args.epilogue;
  for (int64_t n = 0; n < g.n; n += kColumns) {
    int64_t m = 0;
    for (; m + kRows <= g.m; m += kRows) MultiplyTile<4, kKind>(g, epilogue, m, 8, n);
    if (g.m - m >= 4) {
      MultiplyTile<2, kKind>(g, epilogue, m, 4, n);
      m += 4;
    }
    for (; m < g.m; m += 2) MultiplyTile<1, kKind>(g, epilogue, m, g.m - m == 1 ? 1 : 2, n);
  }
}

}  // namespace

void gemm_s8s8s32_8x8x8_neoni8mm(const GemmS8Args* args) {
  WithEpilogueKind(args->epilogue.kind,
                   [&]<int kKind>() { ForRowBlocks<kRows>(*args, Multiply<kKind>); });
}

}  // namespace octet::kernels
