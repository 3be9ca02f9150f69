#include "tests/unit/engine/ops/reference_ops.h"

#include <algorithm>
#include <cmath>

namespace octet::testing {
namespace {

int32_t PadBefore(const ConvCase& c, int32_t in, int32_t out, int32_t kernel, int32_t stride,
                  int32_t dilation) {
  if (c.padding == Padding::kValid) return 0;
  return std::max((out - 1) * stride + (kernel - 1) * dilation + 1 - in, 0) / 2;
}

// num / 2^shift to nearest, ties away from zero.
__int128 DivideAwayFromZero(__int128 num, int shift) {
  const __int128 half = shift == 0 ? 0 : static_cast<__int128>(1) << (shift - 1);
  const __int128 magnitude = (num < 0 ? -num : num) + half;
  const __int128 quotient = magnitude >> shift;
  return num < 0 ? -quotient : quotient;
}

}  // namespace

int32_t ConvCase::OutSize(int32_t in, int32_t kernel, int32_t stride, int32_t dilation) const {
  if (padding == Padding::kSame) return (in + stride - 1) / stride;
  return (in - ((kernel - 1) * dilation + 1)) / stride + 1;
}

std::vector<int32_t> ConvCase::weight_dims() const {
  if (groups == 0) return {1, kernel_h, kernel_w, out_c};
  return {out_c, kernel_h, kernel_w, in_c / groups};
}

OpOptions ConvCase::options() const {
  if (groups == 0) {
    DepthwiseConv2DOptions options;
    options.padding = padding;
    options.stride_h = stride_h;
    options.stride_w = stride_w;
    options.dilation_h = dilation_h;
    options.dilation_w = dilation_w;
    options.depth_multiplier = out_c / in_c;
    return options;
  }
  Conv2DOptions options;
  options.padding = padding;
  options.stride_h = stride_h;
  options.stride_w = stride_w;
  options.dilation_h = dilation_h;
  options.dilation_w = dilation_w;
  return options;
}

template <typename T>
std::vector<T> ConvolveExactly(const ConvCase& c, const std::vector<T>& x, T zero_point,
                               const std::vector<T>& weights, const std::vector<T>& bias) {
  const int32_t pad_h = PadBefore(c, c.in_h, c.out_h(), c.kernel_h, c.stride_h, c.dilation_h);
  const int32_t pad_w = PadBefore(c, c.in_w, c.out_w(), c.kernel_w, c.stride_w, c.dilation_w);
  const int32_t group_in = c.groups == 0 ? 1 : c.in_c / c.groups;
  std::vector<T> out;
  for (int32_t n = 0; n < c.batch; ++n) {
    for (int32_t oy = 0; oy < c.out_h(); ++oy) {
      for (int32_t ox = 0; ox < c.out_w(); ++ox) {
        for (int32_t o = 0; o < c.out_c; ++o) {
          const int32_t first =
              c.groups == 0 ? o / (c.out_c / c.in_c) : o / (c.out_c / c.groups) * group_in;
          T sum = bias.empty() ? T{0} : bias[o];
          for (int32_t ky = 0; ky < c.kernel_h; ++ky) {
            for (int32_t kx = 0; kx < c.kernel_w; ++kx) {
              const int32_t y = oy * c.stride_h - pad_h + ky * c.dilation_h;
              const int32_t xx = ox * c.stride_w - pad_w + kx * c.dilation_w;
              if (y < 0 || y >= c.in_h || xx < 0 || xx >= c.in_w) continue;
              for (int32_t i = 0; i < group_in; ++i) {
                const T value = x[((n * c.in_h + y) * c.in_w + xx) * c.in_c + first + i];
                const int32_t tap = ky * c.kernel_w + kx;
                const T weight = c.groups == 0
                                     ? weights[tap * c.out_c + o]
                                     : weights[(o * c.kernel_h * c.kernel_w + tap) * group_in + i];
                sum += (value - zero_point) * weight;
              }
            }
          }
          out.push_back(sum);
        }
      }
    }
  }
  return out;
}

template std::vector<int64_t> ConvolveExactly(const ConvCase&, const std::vector<int64_t>&, int64_t,
                                              const std::vector<int64_t>&,
                                              const std::vector<int64_t>&);
template std::vector<double> ConvolveExactly(const ConvCase&, const std::vector<double>&, double,
                                             const std::vector<double>&,
                                             const std::vector<double>&);

int64_t RequantizeFixedPoint(int64_t acc, double real, int32_t zero_point, int32_t lo, int32_t hi) {
  int exponent = 0;
  auto multiplier = static_cast<int64_t>(std::round(std::frexp(real, &exponent) * 0x1p31));
  if (multiplier == int64_t{1} << 31) {
    multiplier /= 2;
    ++exponent;
  }
  const __int128 shifted = static_cast<__int128>(acc) << std::max(exponent, 0);
  // The first rounding's ties go up.
  const __int128 doubled = shifted * multiplier;
  const __int128 high = (doubled + (static_cast<__int128>(1) << 30)) >> 31;
  const __int128 code = DivideAwayFromZero(high, std::max(-exponent, 0)) + zero_point;
  return static_cast<int64_t>(std::clamp<__int128>(code, lo, hi));
}

int64_t RequantizeFloat32(int64_t acc, float scale, int32_t zero_point, int32_t lo, int32_t hi) {
  const float product = static_cast<float>(static_cast<int32_t>(acc)) * scale;
  const double code = std::nearbyint(static_cast<double>(product)) + zero_point;
  return static_cast<int64_t>(std::clamp<double>(code, lo, hi));
}

int64_t RequantizeFloat64(int64_t acc, double real, int32_t zero_point, int32_t lo, int32_t hi) {
  const double code = std::round(static_cast<double>(acc) * real) + zero_point;
  return static_cast<int64_t>(std::clamp<double>(code, lo, hi));
}

}  // namespace octet::testing
