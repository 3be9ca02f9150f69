#include "engine/kernels/gemm_s8.h"

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/epilogue_kinds.h"
#include "engine/kernels/neon/epilogue.h"
#include "engine/kernels/neon/row_blocks.h"

// Runs of codes of a row and of a column are multiplied into 16 bits and then added pair by pair
// into 32, so one lane of an accumulator holds every fourth pair; a tile's lanes are added up at
// its end. A product of two codes fits 16 bits. So does the sum of two, unless both are -128 times
// -128: without -128 among the weights two multiplications share one widening addition, with it
// each has its own.
//
// 4 x 4 keeps 16 accumulators, 4 runs of rows and 4 of columns in the 32 registers, with some left
// for products; a wider tile would spill, a narrower one load more for each multiplication.
namespace octet::kernels {
namespace {

constexpr int kRows = 4;
constexpr int kColumns = 4;

// Eight codes, or sixteen, and the sums of products that one 16-bit register holds of them.
template <int kGroup>
struct Run;

template <>
struct Run<8> {
  int8x8_t codes;
  static inline Run Load(const int8_t* p) { return {vld1_s8(p)}; }
  static inline int16x8_t Begin(Run a, Run b) { return vmull_s8(a.codes, b.codes); }
  static inline int16x8_t End(int16x8_t product, Run, Run) { return product; }
};

template <>
struct Run<16> {
  int8x16_t codes;
  static inline Run Load(const int8_t* p) { return {vld1q_s8(p)}; }
  static inline int16x8_t Begin(Run a, Run b) {
    return vmull_s8(vget_low_s8(a.codes), vget_low_s8(b.codes));
  }
  static inline int16x8_t End(int16x8_t product, Run a, Run b) {
    return vmlal_high_s8(product, a.codes, b.codes);
  }
};

// Sums of the four columns of a panel, row by row: small enough to be returned in registers.
template <int kM>
struct Sums {
  int32x4_t rows[kM];
};

// Kept out of line: what an epilogue needs would take registers from the loop.
template <int kM, int kGroup>
[[gnu::noinline]] Sums<kM> MultiplyPanel(const GemmS8Args& g, const int8_t* rows, const int8_t* b) {
  int32x4_t acc[kM][kColumns];
#pragma GCC unroll 4
  for (int r = 0; r < kM; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < kColumns; ++c) acc[r][c] = vdupq_n_s32(0);
  }
  for (int64_t s = 0; s < g.segments; ++s) {
    const int8_t* run = rows + s * g.a_segment_stride;
    for (int64_t k = 0; k < g.segment_length; k += kGroup, b += kGroup * kColumns) {
      Run<kGroup> codes[kM];
#pragma GCC unroll 4
      for (int r = 0; r < kM; ++r) codes[r] = Run<kGroup>::Load(run + r * g.a_row_stride + k);
#pragma GCC unroll 4
      for (int c = 0; c < kColumns; ++c) {
        // Row after row in each step, so that none waits for the one before.
        const Run<kGroup> weights = Run<kGroup>::Load(b + c * kGroup);
        int16x8_t products[kM];
#pragma GCC unroll 4
        for (int r = 0; r < kM; ++r) products[r] = Run<kGroup>::Begin(codes[r], weights);
#pragma GCC unroll 4
        for (int r = 0; r < kM; ++r) {
          products[r] = Run<kGroup>::End(products[r], codes[r], weights);
        }
#pragma GCC unroll 4
        for (int r = 0; r < kM; ++r) acc[r][c] = vpadalq_s16(acc[r][c], products[r]);
      }
    }
  }
  Sums<kM> sums;
#pragma GCC unroll 4
  for (int r = 0; r < kM; ++r) {
    sums.rows[r] = vpaddq_s32(vpaddq_s32(acc[r][0], acc[r][1]), vpaddq_s32(acc[r][2], acc[r][3]));
  }
  return sums;
}

// Rows [m, m + kM) times the panel of the columns from n.
template <int kM, int kGroup, int kKind>
void MultiplyTile(const GemmS8Args& g, const EpilogueArgs& epilogue, int64_t m, int64_t n) {
  const Sums<kM> sums =
      MultiplyPanel<kM, kGroup>(g, g.a + m * g.a_row_stride, g.b + n / kColumns * g.b_panel_stride);
  const int count = g.n - n < kColumns ? static_cast<int>(g.n - n) : kColumns;
  const int32x4_t bias = vld1q_s32(g.bias + n);
#pragma GCC unroll 4
  for (int r = 0; r < kM; ++r) {
    StoreColumns4<kKind>(vaddq_s32(sums.rows[r], bias), epilogue, n, count, g.out,
                         (m + r) * g.out_row_stride + n);
  }
}

template <int kGroup, int kKind>
void MultiplyAll(const GemmS8Args& args) {
  const GemmS8Args g = args;  // copies that no store can alias
  const EpilogueArgs epilogue = args.epilogue;
  for (int64_t n = 0; n < g.n; n += kColumns) {
    int64_t m = 0;
    for (; m + kRows <= g.m; m += kRows) MultiplyTile<kRows, kGroup, kKind>(g, epilogue, m, n);
    for (; m < g.m; ++m) MultiplyTile<1, kGroup, kKind>(g, epilogue, m, n);
  }
}

template <int kGroup>
void Multiply(const GemmS8Args& args) {
  WithEpilogueKind(args.epilogue.kind,
                   [&]<int kKind>() { ForRowBlocks<kRows>(args, MultiplyAll<kGroup, kKind>); });
}

}  // namespace

void gemm_s8s8s32_4x4x16_neon(const GemmS8Args* args) { Multiply<16>(*args); }
void gemm_s8s8s32_4x4x8_neon(const GemmS8Args* args) { Multiply<8>(*args); }

}  // namespace octet::kernels
