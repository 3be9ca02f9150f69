#include "engine/kernels/gemm_s8.h"

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/neon/epilogue.h"

// Both sides are widened to 16 bits; a lane of the left side multiplies eight columns into 32 bits,
// which is exact. Eight codes of a row are read at a time: segments are padded to that.
namespace octet::kernels {
namespace {

constexpr int kRows = 4;
constexpr int kColumns = 8;
constexpr int kStep = 8;

template <int kM>
struct Tile {
  int32x4_t lo[kM];
  int32x4_t hi[kM];
};

// tile += code kLane of each row times one run of eight weights.
template <int kM, int kLane>
inline void MultiplyLane(const int16x8_t (&a)[kM], const int8_t* b, Tile<kM>& tile) {
  const int16x8_t w = vmovl_s8(vld1_s8(b + kLane * kColumns));
  for (int r = 0; r < kM; ++r) {
    tile.lo[r] = vmlal_laneq_s16(tile.lo[r], vget_low_s16(w), a[r], kLane);
    tile.hi[r] = vmlal_high_laneq_s16(tile.hi[r], w, a[r], kLane);
  }
}

template <int kM>
Tile<kM> MultiplyPanel(const GemmS8Args& g, const int8_t* rows, const int8_t* b,
                       const int32_t* bias) {
  Tile<kM> tile;
  for (int r = 0; r < kM; ++r) {
    tile.lo[r] = vld1q_s32(bias);
    tile.hi[r] = vld1q_s32(bias + 4);
  }
  for (int64_t s = 0; s < g.segments; ++s) {
    const int8_t* run = rows + s * g.a_segment_stride;
    for (int64_t k = 0; k < g.segment_length; k += kStep, b += kStep * kColumns) {
      int16x8_t a[kM];
      for (int r = 0; r < kM; ++r) a[r] = vmovl_s8(vld1_s8(run + r * g.a_row_stride + k));
      MultiplyLane<kM, 0>(a, b, tile);
      MultiplyLane<kM, 1>(a, b, tile);
      MultiplyLane<kM, 2>(a, b, tile);
      MultiplyLane<kM, 3>(a, b, tile);
      MultiplyLane<kM, 4>(a, b, tile);
      MultiplyLane<kM, 5>(a, b, tile);
      MultiplyLane<kM, 6>(a, b, tile);
      MultiplyLane<kM, 7>(a, b, tile);
    }
  }
  return tile;
}

// Rows [m, m + kM) times the panel of the columns from n.
template <int kM, int kKind>
void MultiplyTile(const GemmS8Args& g, const EpilogueArgs& epilogue, int64_t m, int64_t n) {
  const Tile<kM> tile = MultiplyPanel<kM>(g, g.a + m * g.a_row_stride,
                                          g.b + n / kColumns * g.b_panel_stride, g.bias + n);
  const int count = g.n - n < kColumns ? static_cast<int>(g.n - n) : kColumns;
  for (int r = 0; r < kM; ++r) {
    StoreColumns8<kKind>(tile.lo[r], tile.hi[r], epilogue, n, count, g.out,
                         (m + r) * g.out_row_stride + n);
  }
}

template <int kKind>
void Multiply(const GemmS8Args& g) {
  const EpilogueArgs epilogue = g.epilogue;  // a copy that no store can alias
  for (int64_t n = 0; n < g.n; n += kColumns) {
    int64_t m = 0;
    for (; m + kRows <= g.m; m += kRows) MultiplyTile<kRows, kKind>(g, epilogue, m, n);
    for (; m < g.m; ++m) MultiplyTile<1, kKind>(g, epilogue, m, n);
  }
}

}  // namespace

void gemm_s8s8s32_4x8x1_neon(const GemmS8Args* args) {
  switch (args->epilogue.kind) {
    case kEpilogueInt32:
      return Multiply<kEpilogueInt32>(*args);
    case kEpilogueFixedPoint:
      return Multiply<kEpilogueFixedPoint>(*args);
    case kEpilogueFloat32:
      return Multiply<kEpilogueFloat32>(*args);
    case kEpilogueFloat64:
      return Multiply<kEpilogueFloat64>(*args);
  }
}

}  // namespace octet::kernels
