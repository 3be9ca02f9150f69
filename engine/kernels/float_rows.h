// Contract of the kernels around an integer product of float activations: rows of floats to codes,
// and accumulators back to floats. NUMERICS.md, "Hybrid". Beside them the float depthwise
// convolution, which stands between hybrid ones where a layer has too few weights to quantize.
#ifndef OCTET_ENGINE_KERNELS_FLOAT_ROWS_H_
#define OCTET_ENGINE_KERNELS_FLOAT_ROWS_H_

#include <cstdint>

namespace octet::kernels {

// The range of a run of values, which holds zero. A NaN does not count.
struct FloatRange {
  float lo;
  float hi;
};

// codes[i] = zero_point + clip(round(values[i] * inverse), lo, hi). zero_point, lo and hi are whole
// numbers, and the sums int8 codes. A NaN becomes lo.
struct FloatCodesRun {
  const float* values;
  int8_t* codes;
  int64_t count;
  float inverse;
  float zero_point;
  float lo;
  float hi;
};

// Scale and zero point of one quantized run: real = scale * (code - zero_point).
struct RowQuantization {
  float scale = 1;
  int32_t zero_point = 0;
};

// Rows, dense, each to codes with a scale of its own: NUMERICS.md, "Hybrid", X.
struct QuantizeRowsRun {
  const float* values;
  int8_t* codes;
  int64_t rows;
  int64_t length;
  RowQuantization* quantization;  // of each row
};

// In which order the scales meet the accumulator.
enum HybridOrder : int32_t {
  kWeightThenRow = 0,  // (acc * weight_scale) * row_scale + bias, three roundings
  kRowThenWeight = 1,  // (acc * row_scale) * weight_scale + bias, three roundings
  kCombined = 2,       // acc * (row_scale * weight_scale) + bias, three roundings
  kFused = 3,          // fma(acc * row_scale, weight_scale, bias), two roundings
};

// Rows of `count` channels: out[c] = clip(scaled(acc[c] - zero_point * weight_sums[c])) as `order`
// has it; without a bias the product stands alone. Strides in elements.
struct HybridRows {
  HybridOrder order;
  const int32_t* acc;
  int64_t acc_row_stride;
  float* out;
  int64_t out_row_stride;
  int64_t rows;
  int64_t count;
  const RowQuantization* quantization;
  int64_t quantization_step;  // 1: each row has its own; 0: all have the same
  const float* weight_scales;
  const int32_t* weight_sums;
  const float* bias;  // null: none
  float lo;
  float hi;
};

// Neighbouring output pixels whose windows lie alike over the image:
//   out[x][c] = clip(bias[c] + sum over ky, kx of tap(x, ky, kx)[c] * weights[ky][kx][c]),
// one product after the other in that order, each step rounded. Strides in floats.
struct DepthwiseF32Run {
  const float* input;  // the first tap of the first pixel
  int64_t pixel_advance;
  int64_t tap_row_stride;
  int64_t tap_stride;
  int32_t tap_rows;
  int32_t taps_per_row;
  const float* weights;       // of the first tap; those of a row are dense
  int64_t weight_row_stride;  // from one row of taps to the next
  const float* bias;          // null: none
  int32_t channels;
  int64_t pixels;
  float* out;  // dense
  float lo;
  float hi;
};

// The kernels of one instruction set. Thread-safe; all give the same bits.
struct FloatRows {
  const char* name;
  FloatRange (*range)(const float* values, int64_t count);
  void (*codes_half_even)(const FloatCodesRun*);  // ties to even
  void (*codes_half_away)(const FloatCodesRun*);  // ties away from zero
  void (*quantize_rows)(const QuantizeRowsRun*);
  void (*finish)(const HybridRows*);
  void (*depthwise)(const DepthwiseF32Run*);
  // out[i] = 1 / (1 + e^-in[i]), within four units in the last place; `out` may be `in`.
  void (*logistic)(const float* in, float* out, int64_t count);
};

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_FLOAT_ROWS_H_
