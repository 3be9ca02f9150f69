#include "engine/kernels/gemm_s8.h"

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/epilogue_kinds.h"
#include "engine/kernels/neon/epilogue.h"
#include "engine/kernels/neon/row_blocks.h"

// SDOT adds four products to each of four sums: four codes of one row, taken from one lane, times
// four codes of each of four columns.
//
// 8 x 8 fills the 32 registers of a Cortex-A76 or Neoverse: 16 accumulators, 16 codes of each of
// 8 rows, and the weights in between. Sixteen loads serve 64 SDOTs; both kinds go two a cycle
// there, so loads hide. 6 x 16 would need 24 + 6 + 4.
namespace octet::kernels {
namespace {

constexpr int kRows = 8;
constexpr int kColumns = 8;
constexpr int kGroup = 4;
constexpr int kGroupBytes = kColumns * kGroup;
constexpr int kStep = 16;  // codes of a row in a register

template <int kM>
struct Tile {
  int32x4_t lo[kM];
  int32x4_t hi[kM];
};

// tile += the codes 4 kLane to 4 kLane + 3 of each row times one group of weights.
template <int kM, int kLane>
[[gnu::always_inline]] inline void AddGroup(const int8x16_t (&a)[kM], const int8_t* b,
                                            Tile<kM>& tile) {
  const int8x16_t lo = vld1q_s8(b + kLane * kGroupBytes);
  const int8x16_t hi = vld1q_s8(b + kLane * kGroupBytes + 16);
#pragma GCC unroll 8
  for (int r = 0; r < kM; ++r) tile.lo[r] = vdotq_laneq_s32(tile.lo[r], lo, a[r], kLane);
#pragma GCC unroll 8
  for (int r = 0; r < kM; ++r) tile.hi[r] = vdotq_laneq_s32(tile.hi[r], hi, a[r], kLane);
}

template <int kM>
[[gnu::always_inline]] inline void LoadRows(const int8_t* run, int64_t stride, int8x16_t (&a)[kM]) {
#pragma GCC unroll 8
  for (int r = 0; r < kM; ++r) a[r] = vld1q_s8(run + r * stride);
}

// Kept out of line: what an epilogue needs would take registers from the loop.
template <int kM>
[[gnu::noinline]] void MultiplyPanel(const GemmS8Args& g, const int8_t* rows, const int8_t* b,
                                     const int32_t* bias, Tile<kM>* out) {
  Tile<kM> tile;  // in registers: no load can alias it
#pragma GCC unroll 8
  for (int r = 0; r < kM; ++r) {
    tile.lo[r] = vld1q_s32(bias);
    tile.hi[r] = vld1q_s32(bias + 4);
  }
  for (int64_t s = 0; s < g.segments; ++s) {
    const int8_t* run = rows + s * g.a_segment_stride;
    int64_t rest = g.segment_length;
    int8x16_t a[kM];
    for (; rest >= kStep; rest -= kStep, run += kStep, b += kStep * kColumns) {
      LoadRows<kM>(run, g.a_row_stride, a);
      AddGroup<kM, 0>(a, b, tile);
      AddGroup<kM, 1>(a, b, tile);
      AddGroup<kM, 2>(a, b, tile);
      AddGroup<kM, 3>(a, b, tile);
    }
    if (rest == 0) continue;
    // Codes past the segment's end meet the zeros that pad its last group.
    LoadRows<kM>(run, g.a_row_stride, a);
    AddGroup<kM, 0>(a, b, tile);
    if (rest > kGroup) AddGroup<kM, 1>(a, b, tile);
    if (rest > 2 * kGroup) AddGroup<kM, 2>(a, b, tile);
    if (rest > 3 * kGroup) AddGroup<kM, 3>(a, b, tile);
    b += (rest + kGroup - 1) / kGroup * kGroupBytes;
  }
  *out = tile;
}

// Rows [m, m + kM) times the panel of the columns from n.
template <int kM, int kKind>
void MultiplyTile(const GemmS8Args& g, const EpilogueArgs& epilogue, int64_t m, int64_t n) {
  Tile<kM> tile;
  MultiplyPanel<kM>(g, g.a + m * g.a_row_stride, g.b + n / kColumns * g.b_panel_stride, g.bias + n,
                    &tile);
  const int count = g.n - n < kColumns ? static_cast<int>(g.n - n) : kColumns;
  for (int r = 0; r < kM; ++r) {
    StoreColumns8<kKind>(tile.lo[r], tile.hi[r], epilogue, n, count, g.out,
                         (m + r) * g.out_row_stride + n);
  }
}

template <int kKind>
void Multiply(const GemmS8Args& args) {
  const GemmS8Args g = args;  // copies that no store can alias
  const EpilogueArgs epilogue = args.epilogue;
  for (int64_t n = 0; n < g.n; n += kColumns) {
    int64_t m = 0;
    for (; m + kRows <= g.m; m += kRows) MultiplyTile<kRows, kKind>(g, epilogue, m, n);
    if (g.m - m >= 4) {
      MultiplyTile<4, kKind>(g, epilogue, m, n);
      m += 4;
    }
    if (g.m - m >= 2) {
      MultiplyTile<2, kKind>(g, epilogue, m, n);
      m += 2;
    }
    if (m < g.m) MultiplyTile<1, kKind>(g, epilogue, m, n);
  }
}

}  // namespace

void gemm_s8s8s32_8x8x4_neondot(const GemmS8Args* args) {
  WithEpilogueKind(args->epilogue.kind,
                   [&]<int kKind>() { ForRowBlocks<kRows>(*args, Multiply<kKind>); });
}

}  // namespace octet::kernels
