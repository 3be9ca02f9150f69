// The oracle: int8 products and their epilogues as plain loops over unpacked data. It shares
// nothing with packing, tiling or the leaves. Linked by tests only.
#ifndef OCTET_ENGINE_KERNELS_REFERENCE_REFERENCE_H_
#define OCTET_ENGINE_KERNELS_REFERENCE_REFERENCE_H_

#include <cstdint>

#include "engine/kernels/requantize.h"

namespace octet::kernels::reference {

// One accumulator of column c through the epilogue; the code, or `acc` itself for kEpilogueInt32.
int32_t Requantize(int32_t acc, int64_t c, const EpilogueArgs& epilogue);

// out[m][n] = epilogue(bias[n] + sum_k (a[m][k] - input_zero_point) * weights[n][k]). The left side
// lies as in GemmS8Args; weights are [n][segments * segment_length].
struct GemmS8Problem {
  const int8_t* a;
  int64_t a_row_stride;
  int64_t a_segment_stride;
  int32_t segments;
  int32_t segment_length;
  int32_t m;
  int32_t n;
  const int8_t* weights;
  const int32_t* bias;  // null: zeros
  int32_t input_zero_point;
  EpilogueArgs epilogue;
  void* out;  // int8_t, or int32_t for kEpilogueInt32
  int64_t out_row_stride;
};
void GemmS8(const GemmS8Problem& problem);

// out[x][c] = epilogue(bias[c] + sum_t (tap(x,t)[c] - input_zero_point) * weights[t][c]). Taps lie
// as in DepthwiseS8Args; weights are [taps][channels].
struct DepthwiseS8Problem {
  const int8_t* const* taps;
  int32_t tap_count;
  int32_t tap_step;
  int64_t tap_advance;
  int32_t pixels;
  int32_t channels;
  const int8_t* weights;
  const int32_t* bias;  // null: zeros
  int32_t input_zero_point;
  EpilogueArgs epilogue;
  void* out;
  int64_t out_pixel_stride;
};
void DepthwiseS8(const DepthwiseS8Problem& problem);

}  // namespace octet::kernels::reference

#endif  // OCTET_ENGINE_KERNELS_REFERENCE_REFERENCE_H_
