// Private to the leaves: the loops of float_rows.h from floats to codes. Everything has internal
// linkage.
#ifndef OCTET_ENGINE_KERNELS_FLOAT_CODES_LOOPS_H_
#define OCTET_ENGINE_KERNELS_FLOAT_CODES_LOOPS_H_

#include <cstdint>

#include "engine/kernels/float_lanes.h"
#include "engine/kernels/float_rows.h"

namespace octet::kernels {
namespace {

// Vectors of the compiler's, which would not see through a loop over lanes that ends in one number.
#if defined(__AVX512F__)
constexpr int kVectorLanes = 16;
#elif defined(__AVX__)
constexpr int kVectorLanes = 8;
#else
constexpr int kVectorLanes = 4;
#endif
template <int kLanes>
struct FloatVector {
  typedef float Type __attribute__((vector_size(kLanes * sizeof(float))));
};

template <typename Vector>
inline Vector Load(const float* values) {
  Vector v;
  __builtin_memcpy(&v, values, sizeof(v));
  return v;
}

template <typename Vector>
inline void Widen(const float* values, Vector& lo, Vector& hi) {
  const Vector v = Load<Vector>(values);
  lo = v < lo ? v : lo;
  hi = v > hi ? v : hi;
}

// The range of kLanes values, by halves: one after the other would take longer than a short row.
template <int kLanes>
inline FloatRange FoldLanes(const float* lo, const float* hi) {
  constexpr int kHalf = kLanes / 2;
  if constexpr (kHalf == 2) {
    const float lo0 = lo[2] < lo[0] ? lo[2] : lo[0];
    const float lo1 = lo[3] < lo[1] ? lo[3] : lo[1];
    const float hi0 = hi[2] > hi[0] ? hi[2] : hi[0];
    const float hi1 = hi[3] > hi[1] ? hi[3] : hi[1];
    return {lo1 < lo0 ? lo1 : lo0, hi1 > hi0 ? hi1 : hi0};
  } else {
    using Vector = typename FloatVector<kHalf>::Type;
    Vector least = Load<Vector>(lo);
    Vector most = Load<Vector>(hi);
    Widen(lo + kHalf, least, most);
    Widen(hi + kHalf, least, most);
    float folded[kLanes];
    __builtin_memcpy(folded, &least, sizeof(least));
    __builtin_memcpy(folded + kHalf, &most, sizeof(most));
    return FoldLanes<kHalf>(folded, folded + kHalf);
  }
}

// Widens `lo` and `hi` by as many values as fill four vectors each time, and gives their number.
template <typename Vector>
inline int64_t WidenFours(const float* values, int64_t count, Vector& lo, Vector& hi) {
  constexpr int64_t kWidth = kVectorLanes;
  Vector los[4] = {};  // fewer would wait for each other
  Vector his[4] = {};
  int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    for (int v = 0; v < 4; ++v) Widen(values + i + v * kWidth, los[v], his[v]);
  }
  for (int v = 0; v < 4; ++v) {
    lo = los[v] < lo ? los[v] : lo;
    hi = his[v] > hi ? his[v] : hi;
  }
  return i;
}

inline FloatRange RangeLoop(const float* values, int64_t count) {
  constexpr int kWidth = kVectorLanes;
  using Vector = FloatVector<kWidth>::Type;
  FloatRange rest = {};
  if (count < kWidth) {
    for (int64_t i = 0; i < count; ++i) Widen<float>(values + i, rest.lo, rest.hi);
    return rest;
  }
  Vector lo = {};
  Vector hi = {};
  int64_t i = count >= 8 * kWidth ? WidenFours(values, count, lo, hi) : 0;
  for (; i + kWidth <= count; i += kWidth) Widen(values + i, lo, hi);
  if (i < count) Widen(values + count - kWidth, lo, hi);  // some of them again
  float folded[2 * kWidth];
  __builtin_memcpy(folded, &lo, sizeof(lo));
  __builtin_memcpy(folded + kWidth, &hi, sizeof(hi));
  return FoldLanes<kWidth>(folded, folded + kWidth);
}

// Bounds are whole numbers, so clipping before rounding gives what clipping after it would, and
// what is left is small.
template <typename Round>
inline int8_t CodeOf(const FloatCodesRun& g, int64_t i, Round round) {
  const float scaled = g.values[i] * g.inverse;
  const float above = scaled > g.lo ? scaled : g.lo;
  const float inside = above < g.hi ? above : g.hi;
  return static_cast<int8_t>(static_cast<int32_t>(round(inside) + g.zero_point));
}

template <typename Round>
inline void CodesLoop(const FloatCodesRun& args, Round round) {
  const FloatCodesRun g = args;  // a copy that no store can alias
  const bool done = ForEachLanes(g.count, [&]<int kLanes>(int64_t i) {
    for (int l = 0; l < kLanes; ++l) g.codes[i + l] = CodeOf(g, i + l, round);
  });
  if (done) return;
  for (int64_t i = 0; i < g.count; ++i) g.codes[i] = CodeOf(g, i, round);
}

// Adding and taking away 1.5 * 2^23 rounds a small number to even.
constexpr float kRounds = 12582912.0f;

// Codes by loops that the compiler makes vectors of.
struct LoopCoder {
  static void HalfEven(const FloatCodesRun& run) {
    CodesLoop(run, [](float x) { return (x + kRounds) - kRounds; });
  }

  static void HalfAway(const FloatCodesRun& run) {
    // The largest float below one half: what lies that far from the next whole number reaches it
    // by the rounding of this very sum.
    const float half = 0.49999997f;
    CodesLoop(run, [half](float x) {
      return static_cast<float>(static_cast<int32_t>(x + __builtin_copysignf(half, x)));
    });
  }
};

template <typename Coder>
inline void CodesHalfEven(const FloatCodesRun* args) {
  Coder::HalfEven(*args);
}

template <typename Coder>
inline void CodesHalfAway(const FloatCodesRun* args) {
  Coder::HalfAway(*args);
}

// Rows together: what follows from their ranges is one vector's work for all of them.
constexpr int kRowsTogether = 16;

template <typename Coder>
inline void QuantizeTogether(const QuantizeRowsRun& g, int64_t first, int count) {
  float lo[kRowsTogether] = {};
  float hi[kRowsTogether] = {};
  float inverse[kRowsTogether];
  float zero_point[kRowsTogether];
  float scale[kRowsTogether];
  for (int r = 0; r < count; ++r) {
    const FloatRange range = RangeLoop(g.values + (first + r) * g.length, g.length);
    lo[r] = range.lo;
    hi[r] = range.hi;
  }
  for (int r = 0; r < kRowsTogether; ++r) {
    inverse[r] = lo[r] == hi[r] ? 1.0f : 255.0f / (hi[r] - lo[r]);
    scale[r] = 1.0f / inverse[r];
    const float scaled_lo = lo[r] * inverse[r];
    const float scaled_hi = hi[r] * inverse[r];
    const float zero =
        (-128.0f + scaled_lo) + (127.0f + scaled_hi) > 0 ? -128.0f - scaled_lo : 127.0f - scaled_hi;
    const float above = zero > -128.0f ? zero : -128.0f;  // a NaN becomes the lowest code
    const float inside = above < 127.0f ? above : 127.0f;
    zero_point[r] = (inside + kRounds) - kRounds;
  }
  for (int r = 0; r < count; ++r) {
    const int64_t begin = (first + r) * g.length;
    const FloatCodesRun codes = {
        g.values + begin,        g.codes + begin,       g.length, inverse[r], zero_point[r],
        -128.0f - zero_point[r], 127.0f - zero_point[r]};
    Coder::HalfEven(codes);
    g.quantization[first + r].scale = scale[r];
    g.quantization[first + r].zero_point = static_cast<int32_t>(zero_point[r]);
  }
}

template <typename Coder>
inline void QuantizeRows(const QuantizeRowsRun* args) {
  const QuantizeRowsRun g = *args;
  for (int64_t r = 0; r < g.rows; r += kRowsTogether) {
    const int64_t left = g.rows - r;
    QuantizeTogether<Coder>(g, r, left < kRowsTogether ? static_cast<int>(left) : kRowsTogether);
  }
}

}  // namespace
}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_FLOAT_CODES_LOOPS_H_
