// The requantization contract: from int32 accumulators to 8-bit codes. engine/NUMERICS.md states
// the arithmetic; every implementation is byte-identical to kernels/reference.
#ifndef OCTET_ENGINE_KERNELS_REQUANTIZE_H_
#define OCTET_ENGINE_KERNELS_REQUANTIZE_H_

#include <cstdint>

namespace octet::kernels {

// What a kernel does with an accumulator of column c, to which the bias was added.
enum EpilogueKind : int32_t {
  // The int32 accumulator itself is stored.
  kEpilogueInt32 = 0,
  // clamp(RS(DHM(acc << max(e,0), M), max(-e,0)) + zero_point): two roundings, DHM's ties towards
  // plus infinity and RS's away from zero. The left shift wraps in int32.
  kEpilogueFixedPoint = 1,
  // clamp(rint(float(acc) * scale) + zero_point): one float32 product, ties to even.
  kEpilogueFloat32 = 2,
  // clamp(round(double(acc) * scale64) + zero_point): one double product, ties away from zero.
  kEpilogueFloat64 = 3,
};

// Parameters of an epilogue. Arrays are indexed by column and padded to the kernel's column tile
// with readable values (zeros do). Only the arrays of `kind` are read. POD: leaves include it.
//
// The sum rint(...) + zero_point saturates at int32 before the clamp, so that no accumulator and
// scale can trap or wrap (a product beyond int32 clamps to lo or hi by its sign).
struct EpilogueArgs {
  int32_t kind;               // EpilogueKind
  const int32_t* multiplier;  // kEpilogueFixedPoint: M in [2^30, 2^31), or 0
  const int32_t* exponent;    // kEpilogueFixedPoint: e, in [-31, 30]
  const float* scale;         // kEpilogueFloat32
  const double* scale64;      // kEpilogueFloat64
  int32_t zero_point;         // within +-2^20, so that lo - zero_point is exact in float32
  int32_t lo;                 // clamp bounds as codes, lo <= hi
  int32_t hi;
};

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_REQUANTIZE_H_
