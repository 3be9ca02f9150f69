// Contract of the kernels that map 8-bit codes one by one. NUMERICS.md, "ADD, SUB", "MUL" and
// "Tables".
#ifndef OCTET_ENGINE_KERNELS_ELEMENTWISE_8_H_
#define OCTET_ENGINE_KERNELS_ELEMENTWISE_8_H_

#include <cstdint>

namespace octet::kernels {

// A multiplier of requantize.h's kEpilogueFixedPoint.
struct Scale32 {
  int32_t multiplier;  // in [2^30, 2^31), or 0
  int32_t exponent;    // in [-31, 30]
};

// One run of elements of a sum or a product. POD: leaves include it. `out` may be `a` or `b`.
struct BinaryRun8 {
  const void* a;
  const void* b;
  void* out;
  int64_t count;
  // 1: consecutive codes; 0: the same code for every element.
  int32_t a_step;
  int32_t b_step;
};

// Centred codes, and what happens to a result: + zero_out, clamped to [lo, hi].
struct BinaryCodes8 {
  int32_t zero_a;
  int32_t zero_b;
  int32_t zero_out;
  int32_t lo;
  int32_t hi;
};

// out = clamp((((a - za) * weight_a + (b - zb) * weight_b + 2^(shift - 1)) >> shift) + zero_out).
// The caller sees to it that no sum leaves int32; shift >= 1.
struct AddOneRounding8 {
  BinaryCodes8 codes;
  int32_t weight_a;
  int32_t weight_b;
  int32_t shift;
};

// out = clamp(MB(MB((a - za) << 20, scale_a) + sign * MB((b - zb) << 20, scale_b), scale_out) +
// zero_out); the inner exponents are at most 0, and sign is 1 or -1.
struct AddFixedPoint8 {
  BinaryCodes8 codes;
  Scale32 scale_a;
  Scale32 scale_b;
  Scale32 scale_out;
  int32_t sign;
};

// out = clamp(rint(float((a - za) * (b - zb)) * ratio) + zero_out), ties to even.
struct MulFloat8 {
  BinaryCodes8 codes;
  float ratio;
};

// out = clamp(MB((a - za) * (b - zb), scale) + zero_out).
struct MulFixedPoint8 {
  BinaryCodes8 codes;
  Scale32 scale;
};

// out[i] = table[in[i]], bytes; `out` may be `in`.
struct TableRun8 {
  const uint8_t* in;
  uint8_t* out;
  int64_t count;
  const uint8_t* table;  // 256 entries
};

// The kernels of one instruction set; _s8 for int8 codes, _u8 for uint8. Thread-safe; exact.
struct Elementwise8 {
  const char* name;
  void (*add_one_rounding_s8)(const AddOneRounding8*, const BinaryRun8*);
  void (*add_one_rounding_u8)(const AddOneRounding8*, const BinaryRun8*);
  void (*add_fixed_point_s8)(const AddFixedPoint8*, const BinaryRun8*);
  void (*add_fixed_point_u8)(const AddFixedPoint8*, const BinaryRun8*);
  void (*mul_float_s8)(const MulFloat8*, const BinaryRun8*);
  void (*mul_float_u8)(const MulFloat8*, const BinaryRun8*);
  void (*mul_fixed_point_s8)(const MulFixedPoint8*, const BinaryRun8*);
  void (*mul_fixed_point_u8)(const MulFixedPoint8*, const BinaryRun8*);
  void (*table)(const TableRun8*);
};

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_ELEMENTWISE_8_H_
