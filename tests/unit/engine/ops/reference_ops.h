// The definitions of convolutions and of requantization as plain loops and exact arithmetic. They
// share nothing with the engine: no packing, no tiles, no folding of zero points.
#ifndef OCTET_TESTS_UNIT_ENGINE_OPS_REFERENCE_OPS_H_
#define OCTET_TESTS_UNIT_ENGINE_OPS_REFERENCE_OPS_H_

#include <cstdint>
#include <vector>

#include "engine/model/op_options.h"

namespace octet::testing {

// An NHWC convolution. `groups` > 0: CONV_2D, weights [out][kh][kw][in / groups]; 0: depthwise,
// weights [1][kh][kw][out], output channel c from input channel c / (out / in).
struct ConvCase {
  int32_t batch = 1;
  int32_t in_h = 1;
  int32_t in_w = 1;
  int32_t in_c = 1;
  int32_t out_c = 1;
  int32_t kernel_h = 1;
  int32_t kernel_w = 1;
  int32_t stride_h = 1;
  int32_t stride_w = 1;
  int32_t dilation_h = 1;
  int32_t dilation_w = 1;
  Padding padding = Padding::kSame;
  int32_t groups = 1;

  int32_t out_h() const { return OutSize(in_h, kernel_h, stride_h, dilation_h); }
  int32_t out_w() const { return OutSize(in_w, kernel_w, stride_w, dilation_w); }
  std::vector<int32_t> input_dims() const { return {batch, in_h, in_w, in_c}; }
  std::vector<int32_t> output_dims() const { return {batch, out_h(), out_w(), out_c}; }
  std::vector<int32_t> weight_dims() const;
  OpOptions options() const;

 private:
  int32_t OutSize(int32_t in, int32_t kernel, int32_t stride, int32_t dilation) const;
};

// sum (x - zero_point) * w + bias for each output; taps outside of the image add nothing. T is
// int64_t for codes, double for real numbers.
template <typename T>
std::vector<T> ConvolveExactly(const ConvCase& c, const std::vector<T>& x, T zero_point,
                               const std::vector<T>& weights, const std::vector<T>& bias);

// The specification's requantization: real multiplier as 31 bits and a power of two, a doubling
// high product and a rounding shift (ties away from zero).
int64_t RequantizeFixedPoint(int64_t acc, double real, int32_t zero_point, int32_t lo, int32_t hi);
// XNNPACK's: one float32 product, ties to even.
int64_t RequantizeFloat32(int64_t acc, float scale, int32_t zero_point, int32_t lo, int32_t hi);
// FULLY_CONNECTED of the reference kernels: one double product, ties away from zero.
int64_t RequantizeFloat64(int64_t acc, double real, int32_t zero_point, int32_t lo, int32_t hi);

}  // namespace octet::testing

#endif  // OCTET_TESTS_UNIT_ENGINE_OPS_REFERENCE_OPS_H_
