// The loops of elementwise_8.h in plain C++, which each leaf compiles to vectors of its own.
// Everything has internal linkage.
#ifndef OCTET_ENGINE_KERNELS_ELEMENTWISE_8_LOOPS_H_
#define OCTET_ENGINE_KERNELS_ELEMENTWISE_8_LOOPS_H_

#include <cstdint>

#include "engine/kernels/elementwise_8.h"

namespace octet::kernels {
namespace {

inline int32_t Clamp32(int32_t x, int32_t lo, int32_t hi) {
  const int32_t above = x < lo ? lo : x;
  return above > hi ? hi : above;
}

// MB without branches. A left shift wraps, and so does what the two roundings add.
struct Scaler32 {
  int32_t multiplier;
  int32_t left;
  int32_t right;
  int32_t mask;
  int32_t threshold;

  static Scaler32 Of(Scale32 scale) {
    const int32_t right = scale.exponent > 0 ? 0 : -scale.exponent;
    const auto mask = static_cast<int32_t>((int64_t{1} << right) - 1);
    return {scale.multiplier, scale.exponent > 0 ? scale.exponent : 0, right, mask, mask >> 1};
  }

  int32_t operator()(int32_t x) const {
    const auto raised = static_cast<int32_t>(static_cast<uint32_t>(x) << left);
    const int64_t product = int64_t{raised} * multiplier + (int64_t{1} << 30);
    const auto high = static_cast<int32_t>(static_cast<uint64_t>(product) >> 31);
    const int32_t up = (high & mask) > threshold + (high < 0 ? 1 : 0) ? 1 : 0;
    return (high >> right) + up;
  }
};

// Calls out[i] = code_of(a[i], b[i]) with the steps as constants, so that each case is a vector
// loop.
template <typename T, typename CodeOf>
inline void RunBinary8(const BinaryRun8& run, CodeOf code_of) {
  const T* a = static_cast<const T*>(run.a);
  const T* b = static_cast<const T*>(run.b);
  T* out = static_cast<T*>(run.out);
  const int64_t count = run.count;
  if (run.a_step != 0 && run.b_step != 0) {
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(code_of(a[i], b[i]));
  } else if (run.a_step != 0) {
    const int32_t one = b[0];
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(code_of(a[i], one));
  } else if (run.b_step != 0) {
    const int32_t one = a[0];
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(code_of(one, b[i]));
  } else if (count > 0) {
    const T code = static_cast<T>(code_of(a[0], b[0]));
    for (int64_t i = 0; i < count; ++i) out[i] = code;
  }
}

template <typename T>
inline void AddOneRoundingLoop(const AddOneRounding8* args, const BinaryRun8* run) {
  const AddOneRounding8 g = *args;  // a copy that no store can alias
  const int32_t half = 1 << (g.shift - 1);
  RunBinary8<T>(*run, [g, half](int32_t a, int32_t b) {
    const int32_t sum =
        (a - g.codes.zero_a) * g.weight_a + (b - g.codes.zero_b) * g.weight_b + half;
    return Clamp32((sum >> g.shift) + g.codes.zero_out, g.codes.lo, g.codes.hi);
  });
}

// + zero_out after a clamp to bounds less zero_out: no result of MB can carry the sum past int32.
inline int32_t WithZeroOut(int32_t x, const BinaryCodes8& codes) {
  return Clamp32(x, codes.lo - codes.zero_out, codes.hi - codes.zero_out) + codes.zero_out;
}

template <typename T>
inline void AddFixedPointLoop(const AddFixedPoint8* args, const BinaryRun8* run) {
  const AddFixedPoint8 g = *args;
  const Scaler32 scale_a = Scaler32::Of(g.scale_a);
  const Scaler32 scale_b = Scaler32::Of(g.scale_b);
  const Scaler32 scale_out = Scaler32::Of(g.scale_out);
  RunBinary8<T>(*run, [=](int32_t a, int32_t b) {
    const int32_t left = scale_a((a - g.codes.zero_a) * (1 << 20));
    const int32_t right = scale_b((b - g.codes.zero_b) * (1 << 20));
    return WithZeroOut(scale_out(left + right * g.sign), g.codes);
  });
}

template <typename T>
inline void MulFloatLoop(const MulFloat8* args, const BinaryRun8* run) {
  const MulFloat8 g = *args;
  // Bounds are integers, so clamping before rounding gives what clamping after it would; then the
  // number is small enough that adding and taking away 1.5 * 2^23 rounds it to even.
  const auto lo = static_cast<float>(g.codes.lo - g.codes.zero_out);
  const auto hi = static_cast<float>(g.codes.hi - g.codes.zero_out);
  const float magic = 12582912.0f;
  RunBinary8<T>(*run, [g, lo, hi, magic](int32_t a, int32_t b) {
    const float product = static_cast<float>((a - g.codes.zero_a) * (b - g.codes.zero_b)) * g.ratio;
    const float above = product < lo ? lo : product;
    const float inside = above > hi ? hi : above;
    return static_cast<int32_t>((inside + magic) - magic) + g.codes.zero_out;
  });
}

template <typename T>
inline void MulFixedPointLoop(const MulFixedPoint8* args, const BinaryRun8* run) {
  const MulFixedPoint8 g = *args;
  const Scaler32 scale = Scaler32::Of(g.scale);
  RunBinary8<T>(*run, [g, scale](int32_t a, int32_t b) {
    return WithZeroOut(scale((a - g.codes.zero_a) * (b - g.codes.zero_b)), g.codes);
  });
}

inline void TableLoop(const TableRun8& run) {
  for (int64_t i = 0; i < run.count; ++i) run.out[i] = run.table[run.in[i]];
}

template <void (*kTable)(const TableRun8&)>
inline void RunTable(const TableRun8* run) {
  kTable(*run);
}

}  // namespace
}  // namespace octet::kernels

// Defines the table `name` of a leaf's kernels; `table_kernel` maps a TableRun8. No lambdas: those
// that initialize a variable of external linkage have weak symbols.
#define OCTET_DEFINE_ELEMENTWISE_8(name, table_kernel) \
  extern const Elementwise8 name;                      \
  const Elementwise8 name = {                          \
      #name,                                           \
      AddOneRoundingLoop<int8_t>,                      \
      AddOneRoundingLoop<uint8_t>,                     \
      AddFixedPointLoop<int8_t>,                       \
      AddFixedPointLoop<uint8_t>,                      \
      MulFloatLoop<int8_t>,                            \
      MulFloatLoop<uint8_t>,                           \
      MulFixedPointLoop<int8_t>,                       \
      MulFixedPointLoop<uint8_t>,                      \
      RunTable<table_kernel>,                          \
  }

#endif  // OCTET_ENGINE_KERNELS_ELEMENTWISE_8_LOOPS_H_
