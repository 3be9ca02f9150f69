// Private to the leaves: the loops of float_rows.h from sums to floats. Everything has internal
// linkage.
#ifndef OCTET_ENGINE_KERNELS_FLOAT_FINISH_LOOPS_H_
#define OCTET_ENGINE_KERNELS_FLOAT_FINISH_LOOPS_H_

#include <cstdint>

#include "engine/kernels/float_lanes.h"
#include "engine/kernels/float_rows.h"

namespace octet::kernels {
namespace {

template <typename Scaled>
inline float Finished(const HybridRows& g, int32_t acc, int32_t weight_sum, RowQuantization row,
                      float weight_scale, float bias, Scaled scaled) {
  const auto sum = static_cast<float>(acc - row.zero_point * weight_sum);
  const float value = scaled(sum, row.scale, weight_scale, bias);
  const float above = value < g.lo ? g.lo : value;  // -0 stays -0
  return g.hi < above ? g.hi : above;
}

// Channels [c, c + kLanes) of all rows, their tables in registers.
template <int kLanes, bool kBias, typename Scaled>
inline void FinishLanes(const HybridRows& g, int64_t c, Scaled scaled) {
  float scales[kLanes];
  int32_t sums[kLanes];
  float bias[kLanes] = {};
  for (int l = 0; l < kLanes; ++l) {
    scales[l] = g.weight_scales[c + l];
    sums[l] = g.weight_sums[c + l];
    if (kBias) bias[l] = g.bias[c + l];
  }
  for (int64_t r = 0; r < g.rows; ++r) {
    const RowQuantization row = g.quantization[r * g.quantization_step];
    const int32_t* acc = g.acc + r * g.acc_row_stride + c;
    float* out = g.out + r * g.out_row_stride + c;
    for (int l = 0; l < kLanes; ++l) {
      out[l] = Finished(g, acc[l], sums[l], row, scales[l], bias[l], scaled);
    }
  }
}

template <bool kBias, typename Scaled>
inline void FinishChannels(const HybridRows& g, Scaled scaled) {
  const bool done = ForEachLanes(
      g.count, [&]<int kLanes>(int64_t c) { FinishLanes<kLanes, kBias>(g, c, scaled); });
  if (done) return;
  for (int64_t r = 0; r < g.rows; ++r) {
    const RowQuantization row = g.quantization[r * g.quantization_step];
    const int32_t* acc = g.acc + r * g.acc_row_stride;
    float* out = g.out + r * g.out_row_stride;
    for (int64_t c = 0; c < g.count; ++c) {
      out[c] = Finished(g, acc[c], g.weight_sums[c], row, g.weight_scales[c],
                        kBias ? g.bias[c] : 0.0f, scaled);
    }
  }
}

// With a bias, and without: `product` is that of a channel's sum and its scales.
template <typename Product>
inline void FinishProduct(const HybridRows& g, Product product) {
  if (g.bias == nullptr) {
    FinishChannels<false>(
        g, [product](float sum, float s, float w, float) { return product(sum, s, w); });
  } else {
    FinishChannels<true>(
        g, [product](float sum, float s, float w, float b) { return product(sum, s, w) + b; });
  }
}

inline void HybridFinishLoop(const HybridRows* args) {
  const HybridRows g = *args;
  switch (g.order) {
    case kWeightThenRow:
      return FinishProduct(g, [](float sum, float s, float w) { return (sum * w) * s; });
    case kCombined:
      return FinishProduct(g, [](float sum, float s, float w) { return sum * (s * w); });
    case kRowThenWeight:
      return FinishProduct(g, [](float sum, float s, float w) { return (sum * s) * w; });
    case kFused:
      if (g.bias == nullptr) {
        return FinishProduct(g, [](float sum, float s, float w) { return (sum * s) * w; });
      }
      return FinishChannels<true>(
          g, [](float sum, float s, float w, float b) { return __builtin_fmaf(sum * s, w, b); });
  }
}

}  // namespace
}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_FLOAT_FINISH_LOOPS_H_
