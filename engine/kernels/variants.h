// The kernel variants of this build, and which of them serves a problem.
//
// The .inc files are the one list: they declare the kernels and fill the tables here, and tests and
// benchmarks walk the same tables.
#ifndef OCTET_ENGINE_KERNELS_VARIANTS_H_
#define OCTET_ENGINE_KERNELS_VARIANTS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "engine/cpu/isa.h"
#include "engine/kernels/depthwise_s8.h"
#include "engine/kernels/elementwise_8.h"
#include "engine/kernels/float_rows.h"
#include "engine/kernels/gemm_f32.h"
#include "engine/kernels/gemm_s8.h"

namespace octet::kernels {

struct GemmS8Variant {
  const char* name;  // "gemm_s8s8s32_4x16x2_avx2"
  Isa isa;
  int32_t m_tile;
  GemmS8Layout layout;
  // False: exact only where no weight is -128.
  bool accepts_minus_128;
  GemmS8Function run;
};

struct DepthwiseS8Variant {
  const char* name;
  Isa isa;
  DepthwiseS8Layout layout;
  bool accepts_minus_128;
  DepthwiseS8Function run;
};

struct Elementwise8Variant {
  Isa isa;
  const Elementwise8* kernels;
};

struct FloatRowsVariant {
  Isa isa;
  const FloatRows* kernels;
};

struct GemmF32Variant {
  Isa isa;
  const GemmF32* kernels;
};

// Every variant that is linked in, whether or not this machine can run it.
absl::Span<const GemmS8Variant> GemmS8Variants();
absl::Span<const DepthwiseS8Variant> DepthwiseS8Variants();
absl::Span<const Elementwise8Variant> Elementwise8Variants();
absl::Span<const FloatRowsVariant> FloatRowsVariants();
absl::Span<const GemmF32Variant> GemmF32Variants();

// What selection looks at.
struct GemmS8Problem {
  int64_t n = 0;
  int64_t k = 0;
  bool has_minus_128 = false;  // among the weights
};
struct DepthwiseS8Problem {
  int64_t channels = 0;
  int64_t taps = 0;
  bool has_minus_128 = false;
};

// Whether -128 is among the weights: not every variant accepts it.
bool HasMinus128(absl::Span<const int8_t> weights);

// Pure functions of problem and instruction sets; a scalar variant always qualifies. The rows of a
// product do not count: weights are packed once, for any number of rows.
const GemmS8Variant& SelectGemmS8(const GemmS8Problem& problem, IsaSet allowed);
const DepthwiseS8Variant& SelectDepthwiseS8(const DepthwiseS8Problem& problem, IsaSet allowed);
const Elementwise8& SelectElementwise8(IsaSet allowed);
const FloatRows& SelectFloatRows(IsaSet allowed);
const GemmF32& SelectGemmF32(IsaSet allowed);

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_VARIANTS_H_
