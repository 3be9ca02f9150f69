#include "engine/kernels/gemm_s8.h"

#include <cstdint>

#include "engine/kernels/scalar/epilogue.h"

namespace octet::kernels {
namespace {

constexpr int kRows = 2;
constexpr int kColumns = 8;

// Sums wrap as unsigned: only the last one is promised to fit. A product of two codes fits 16 bits.
template <int kM>
void Accumulate(const GemmS8Args& g, const int8_t* a, const int8_t* b, const int32_t* bias,
                uint32_t (&acc)[kRows][kColumns]) {
  for (int r = 0; r < kM; ++r) {
    for (int j = 0; j < kColumns; ++j) acc[r][j] = static_cast<uint32_t>(bias[j]);
  }
  for (int64_t s = 0; s < g.segments; ++s) {
    const int8_t* run = a + s * g.a_segment_stride;
    for (int64_t k = 0; k < g.segment_length; ++k, b += kColumns) {
      for (int r = 0; r < kM; ++r) {
        const int16_t x = run[r * g.a_row_stride + k];
        for (int j = 0; j < kColumns; ++j) {
          acc[r][j] += static_cast<uint32_t>(static_cast<int16_t>(x * b[j]));
        }
      }
    }
  }
}

}  // namespace

void gemm_s8s8s32_2x8x1_scalar(const GemmS8Args* args) {
  const GemmS8Args& g = *args;
  for (int32_t n = 0; n < g.n; n += kColumns) {
    const int8_t* b = g.b + n / kColumns * g.b_panel_stride;
    const int columns = g.n - n < kColumns ? g.n - n : kColumns;
    for (int32_t m = 0; m < g.m; m += kRows) {
      const int rows = g.m - m < kRows ? g.m - m : kRows;
      const int8_t* a = g.a + m * g.a_row_stride;
      uint32_t acc[kRows][kColumns];
      if (rows == kRows) {
        Accumulate<kRows>(g, a, b, g.bias + n, acc);
      } else {
        Accumulate<1>(g, a, b, g.bias + n, acc);
      }
      for (int r = 0; r < rows; ++r) {
        StoreColumns(acc[r], n, columns, g.epilogue, g.out, (m + r) * g.out_row_stride + n);
      }
    }
  }
}

}  // namespace octet::kernels
