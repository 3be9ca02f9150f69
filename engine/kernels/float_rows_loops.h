// The loops of float_rows.h in plain C++, which each leaf compiles to vectors of its own.
// Everything has internal linkage.
#ifndef OCTET_ENGINE_KERNELS_FLOAT_ROWS_LOOPS_H_
#define OCTET_ENGINE_KERNELS_FLOAT_ROWS_LOOPS_H_

#include <cstdint>

#include "engine/kernels/float_rows.h"

namespace octet::kernels {

// By halves: one lane after the other would take longer than a short row itself.
template <int kHalf>
static inline void FoldLanes(float* lo, float* hi) {
  for (int l = 0; l < kHalf; ++l) {
    lo[l] = lo[l + kHalf] < lo[l] ? lo[l + kHalf] : lo[l];
    hi[l] = hi[l + kHalf] > hi[l] ? hi[l + kHalf] : hi[l];
  }
  if constexpr (kHalf > 1) FoldLanes<kHalf / 2>(lo, hi);
}

static inline FloatRange RangeLoop(const float* values, int64_t count) {
  constexpr int kLanes = 32;  // sixteen lanes would wait for each other
  float lo[kLanes] = {};
  float hi[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int l = 0; l < kLanes; ++l) {
      const float v = values[i + l];
      lo[l] = v < lo[l] ? v : lo[l];
      hi[l] = v > hi[l] ? v : hi[l];
    }
  }
  for (; i < count; ++i) {
    lo[0] = values[i] < lo[0] ? values[i] : lo[0];
    hi[0] = values[i] > hi[0] ? values[i] : hi[0];
  }
  FoldLanes<kLanes / 2>(lo, hi);
  return {lo[0], hi[0]};
}

// Bounds are whole numbers, so clipping before rounding gives what clipping after it would, and
// what is left is small.
template <typename Round>
static inline void CodesLoop(const FloatCodesRun& args, Round round) {
  const FloatCodesRun g = args;  // a copy that no store can alias
  for (int64_t i = 0; i < g.count; ++i) {
    const float scaled = g.values[i] * g.inverse;
    const float above = scaled > g.lo ? scaled : g.lo;
    const float inside = above < g.hi ? above : g.hi;
    g.codes[i] = static_cast<int8_t>(static_cast<int32_t>(round(inside) + g.zero_point));
  }
}

// Adding and taking away 1.5 * 2^23 rounds a small number to even.
static inline void CodesHalfEvenLoop(const FloatCodesRun* args) {
  const float magic = 12582912.0f;
  CodesLoop(*args, [magic](float x) { return (x + magic) - magic; });
}

static inline void CodesHalfAwayLoop(const FloatCodesRun* args) {
  CodesLoop(*args, [](float x) {
    const float whole = static_cast<float>(static_cast<int32_t>(x));
    const float rest = x - whole;  // exact
    const float up = rest >= 0.5f ? 1.0f : 0.0f;
    const float down = rest <= -0.5f ? 1.0f : 0.0f;
    return whole + up - down;
  });
}

template <typename Scaled>
static inline void FinishLoop(const HybridRow& g, Scaled scaled) {
  for (int64_t c = 0; c < g.count; ++c) {
    const auto sum = static_cast<float>(g.acc[c] - g.zero_point * g.weight_sums[c]);
    const float value = scaled(sum, c);
    const float above = value < g.lo ? g.lo : value;  // -0 stays -0
    g.out[c] = g.hi < above ? g.hi : above;
  }
}

// With a bias, and without: `product` is that of a channel's sum and its scales.
template <typename Product>
static inline void FinishProduct(const HybridRow& g, Product product) {
  if (g.bias == nullptr) {
    FinishLoop(g, product);
  } else {
    FinishLoop(g, [&g, product](float sum, int64_t c) { return product(sum, c) + g.bias[c]; });
  }
}

static inline void HybridFinishLoop(const HybridRow* args) {
  const HybridRow g = *args;
  const float s = g.row_scale;
  const float* w = g.weight_scales;
  switch (g.order) {
    case kWeightThenRow:
      return FinishProduct(g, [s, w](float sum, int64_t c) { return (sum * w[c]) * s; });
    case kCombined:
      return FinishProduct(g, [s, w](float sum, int64_t c) { return sum * (s * w[c]); });
    case kRowThenWeight:
      return FinishProduct(g, [s, w](float sum, int64_t c) { return (sum * s) * w[c]; });
    case kFused:
      if (g.bias == nullptr) {
        return FinishLoop(g, [s, w](float sum, int64_t c) { return (sum * s) * w[c]; });
      }
      return FinishLoop(
          g, [&g, s, w](float sum, int64_t c) { return __builtin_fmaf(sum * s, w[c], g.bias[c]); });
  }
}

// Channels [c, c + kLanes) of all pixels of a run, their sums in registers.
template <int kLanes>
static inline void DepthwiseLanes(const DepthwiseF32Run& g, int64_t c) {
  float start[kLanes] = {};
  for (int l = 0; l < kLanes && g.bias != nullptr; ++l) start[l] = g.bias[c + l];
  for (int64_t x = 0; x < g.pixels; ++x) {
    float sum[kLanes];
    for (int l = 0; l < kLanes; ++l) sum[l] = start[l];
    for (int32_t ky = 0; ky < g.tap_rows; ++ky) {
      const float* tap = g.input + x * g.pixel_advance + ky * g.tap_row_stride + c;
      const float* weight = g.weights + ky * g.weight_row_stride + c;
      for (int32_t kx = 0; kx < g.taps_per_row; ++kx) {
        for (int l = 0; l < kLanes; ++l) sum[l] += tap[l] * weight[l];
        tap += g.tap_stride;
        weight += g.channels;
      }
    }
    float* out = g.out + x * g.channels + c;
    for (int l = 0; l < kLanes; ++l) {
      const float above = sum[l] < g.lo ? g.lo : sum[l];
      out[l] = g.hi < above ? g.hi : above;
    }
  }
}

static inline void DepthwiseF32Loop(const DepthwiseF32Run* args) {
  const DepthwiseF32Run g = *args;
  int64_t c = 0;
  for (; c + 32 <= g.channels; c += 32) DepthwiseLanes<32>(g, c);
  for (; c + 8 <= g.channels; c += 8) DepthwiseLanes<8>(g, c);
  for (; c < g.channels; ++c) DepthwiseLanes<1>(g, c);
}

}  // namespace octet::kernels

// Defines the table `name` of a leaf's kernels.
#define OCTET_DEFINE_FLOAT_ROWS(name) \
  extern const FloatRows name;        \
  const FloatRows name = {            \
      #name, RangeLoop, CodesHalfEvenLoop, CodesHalfAwayLoop, HybridFinishLoop, DepthwiseF32Loop}

#endif  // OCTET_ENGINE_KERNELS_FLOAT_ROWS_LOOPS_H_
