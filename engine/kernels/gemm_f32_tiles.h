// Private to the leaves: the float matrix product over a leaf's vectors. Everything has internal
// linkage.
//
// `V`: Vector; kLanes; kPanels, the panels of a tile at most; Load, Set1, Store, Min, Max of
// vectors, which give the second where one is no number; StoreSome(to, vector, count) of the first
// lanes; MulAdd(a, b, c) = a * b + c.
#ifndef OCTET_ENGINE_KERNELS_GEMM_F32_TILES_H_
#define OCTET_ENGINE_KERNELS_GEMM_F32_TILES_H_

#include <cstdint>

#include "engine/kernels/gemm_f32.h"

namespace octet::kernels {
namespace {

// Rows of a tile of that many panels: as many sums as registers hold.
template <typename V>
constexpr int RowsOf(int panels) {
  return V::kPanels >= 2 * panels && V::kPanels > 2 ? 12 : 6;
}

// kM rows from row `m` on, of kN panels, of which `columns` are wanted.
template <typename V, int kM, int kN>
void MultiplyTile(const GemmF32Args& g, int64_t m, const float* b, const float* bias,
                  int64_t columns, float* out) {
  using Vector = typename V::Vector;
  Vector sums[kM][kN];
  for (int n = 0; n < kN; ++n) {
    const Vector start = V::Load(bias + n * V::kLanes);
    for (int r = 0; r < kM; ++r) sums[r][n] = start;
  }
  const float* rows = g.a + m * g.a_row_stride;
  for (int64_t s = 0; s < g.segments; ++s) {
    const float* a = rows + s * g.a_segment_stride;
    for (int64_t k = 0; k < g.segment_length; ++k, ++a, b += V::kLanes) {
      Vector right[kN];
      for (int n = 0; n < kN; ++n) right[n] = V::Load(b + n * g.b_panel_stride);
      for (int r = 0; r < kM; ++r) {
        const Vector left = V::Set1(a[r * g.a_row_stride]);
        for (int n = 0; n < kN; ++n) sums[r][n] = V::MulAdd(left, right[n], sums[r][n]);
      }
    }
  }
  const Vector lo = V::Set1(g.lo);
  const Vector hi = V::Set1(g.hi);
  for (int r = 0; r < kM; ++r) {
    float* to = out + (m + r) * g.out_row_stride;
    for (int n = 0; n < kN; ++n) {
      const Vector value = V::Min(hi, V::Max(lo, sums[r][n]));  // a NaN stays one
      const int64_t left = columns - n * V::kLanes;
      if (left >= V::kLanes) {
        V::Store(to + n * V::kLanes, value);
      } else {
        V::StoreSome(to + n * V::kLanes, value, left);
      }
    }
  }
}

// All rows of kN panels, kM at a time; the last rows are computed with some before them, again.
template <typename V, int kM, int kN>
void MultiplyRows(const GemmF32Args& g, const float* b, const float* bias, int64_t columns,
                  float* out) {
  if constexpr (kM > 1) {
    constexpr int kFewer = kM > 6 ? 6 : kM > 4 ? 4 : kM / 2;
    if (g.m < kM) return MultiplyRows<V, kFewer, kN>(g, b, bias, columns, out);
  }
  int64_t m = 0;
  for (; m + kM <= g.m; m += kM) MultiplyTile<V, kM, kN>(g, m, b, bias, columns, out);
  if (m == g.m) return;
  if constexpr (kM > 6) {
    if (g.m - m <= 6) return MultiplyTile<V, 6, kN>(g, g.m - 6, b, bias, columns, out);
  }
  MultiplyTile<V, kM, kN>(g, g.m - kM, b, bias, columns, out);
}

template <typename V, int kN>
void MultiplyPanels(const GemmF32Args& g, int64_t panels, int64_t n, const float* b) {
  if constexpr (kN > 1) {
    if (panels < kN) return MultiplyPanels<V, kN - 1>(g, panels, n, b);
  }
  MultiplyRows<V, RowsOf<V>(kN), kN>(g, b, g.bias + n, g.n - n, g.out + n);
}

template <typename V>
void Multiply(const GemmF32Args* args) {
  const GemmF32Args g = *args;
  if (g.m <= 0) return;
  const int64_t panels = (int64_t{g.n} + V::kLanes - 1) / V::kLanes;
  for (int64_t p = 0; p < panels; p += V::kPanels) {
    MultiplyPanels<V, V::kPanels>(g, panels - p, p * V::kLanes, g.b + p * g.b_panel_stride);
  }
}

}  // namespace
}  // namespace octet::kernels

// Defines the kernel `name` of a leaf with vectors V.
#define OCTET_DEFINE_GEMM_F32(name, V)                                                   \
  extern const GemmF32 name;                                                             \
  const GemmF32 name = {#name, V::kLanes, RowsOf<V>(V::kPanels), V::kPanels * V::kLanes, \
                        Multiply<V>}

#endif  // OCTET_ENGINE_KERNELS_GEMM_F32_TILES_H_
