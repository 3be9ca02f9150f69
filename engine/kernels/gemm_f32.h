// Contract of the float matrix products: out[m][n] = clip(bias[n] + sum_k a[m][k] * b[n][k]).
//
// The right side is packed once into panels of a vector's columns; the left side is read where it
// lies. A sum starts at the bias and takes one product after the other, each fused into it with one
// rounding, whatever else the call computes: a row's bits depend on nothing but the row.
#ifndef OCTET_ENGINE_KERNELS_GEMM_F32_H_
#define OCTET_ENGINE_KERNELS_GEMM_F32_H_

#include <cstdint>

namespace octet::kernels {

// Arguments of one call. POD: leaves include it. Strides in floats.
//
// Row m of the left side is the concatenation of `segments` runs of `segment_length` values; run s
// starts at a + m * a_row_stride + s * a_segment_stride.
struct GemmF32Args {
  const float* a;
  int64_t a_row_stride;
  int64_t a_segment_stride;
  int32_t segments;
  int32_t segment_length;
  int32_t m;               // rows, any number >= 0
  int32_t n;               // columns, any number >= 0, from the start of a panel
  const float* b;          // first panel, 64-byte aligned: [k][lanes]
  int64_t b_panel_stride;  // from one panel to the next
  const float* bias;       // padded to whole panels
  float lo;
  float hi;
  float* out;
  int64_t out_row_stride;
};

// The kernel of one instruction set. Writes exactly m x n elements of `out`, which must not overlap
// what it reads. Thread-safe; keeps no state.
struct GemmF32 {
  const char* name;
  int32_t lanes;   // columns of a panel
  int32_t m_tile;  // rows that it computes together
  int32_t n_tile;  // columns that it computes together
  void (*run)(const GemmF32Args*);
};

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_GEMM_F32_H_
