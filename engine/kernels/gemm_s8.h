// Contract of the int8 matrix products: out[m][n] = epilogue(bias[n] + sum_k a[m][k] * b[n][k]).
//
// The right side is packed once into panels that suit the variant; the left side is read where it
// lies. Zero points never reach a kernel: with weights symmetric, the activations' zero point times
// each column's weight sum is folded into the bias when the weights are packed (packing.h).
#ifndef OCTET_ENGINE_KERNELS_GEMM_S8_H_
#define OCTET_ENGINE_KERNELS_GEMM_S8_H_

#include <cstdint>

#include "engine/kernels/requantize.h"

namespace octet::kernels {

// A kernel may read this many bytes past the end of any row segment of `a` that it was given; the
// caller owns them, their values do not matter (they meet zero weights).
inline constexpr int64_t kGemmOverReadBytes = 64;

// Arguments of one call. POD: leaves include it.
//
// Row m of the left side is the concatenation of `segments` runs of `segment_length` codes; run s
// starts at a + m * a_row_stride + s * a_segment_stride. A plain matrix has one segment; a
// convolution whose window lies inside the image has one for each kernel row.
struct GemmS8Args {
  const int8_t* a;
  int64_t a_row_stride;      // bytes
  int64_t a_segment_stride;  // bytes
  int32_t segments;
  int32_t segment_length;
  int32_t m;               // rows, any number >= 0
  int32_t n;               // columns, any number >= 0, from the start of a panel
  const int8_t* b;         // first panel, 64-byte aligned
  int64_t b_panel_stride;  // bytes from one panel to the next
  const int32_t* bias;     // folded; padded to the column tile
  EpilogueArgs epilogue;   // arrays start at the first column of this call
  void* out;               // int8_t, or int32_t for kEpilogueInt32
  int64_t out_row_stride;  // elements of out
};

// Writes exactly m x n elements of `out`. Thread-safe; keeps no state.
using GemmS8Function = void (*)(const GemmS8Args* args);

// How a variant wants the right side. A panel holds `n_tile` columns; inside it, for each segment
// and each group of `k_group` consecutive k: n_tile runs of k_group codes, column by column. Each
// segment's k is padded with zeros to a multiple of `k_align` (a multiple of k_group).
// AMX: n_tile 16, k_group 4, k_align 64. VNNI, dot product: k_group 4. i8mm: k_group 8.
struct GemmS8Layout {
  int32_t n_tile;
  int32_t k_group;
  int32_t k_align;
  // The kernel adds this to every code of `a` before multiplying (128: it works on unsigned codes);
  // packing takes it back out of the bias.
  int32_t a_offset;
};

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_GEMM_S8_H_
