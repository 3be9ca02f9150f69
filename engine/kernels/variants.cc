#include "engine/kernels/variants.h"

namespace octet::kernels {

#define OCTET_GEMM_S8(name, ...) void name(const GemmS8Args* args);
#define OCTET_DEPTHWISE_S8(name, ...) void name(const DepthwiseS8Args* args);
#include "engine/kernels/variants.inc"

#define OCTET_ELEMENTWISE_8(name, ...) extern const Elementwise8 name;
#include "engine/kernels/elementwise_8.inc"

#define OCTET_FLOAT_ROWS(name, ...) extern const FloatRows name;
#include "engine/kernels/float_rows.inc"

#define OCTET_GEMM_F32(name, ...) extern const GemmF32 name;
#include "engine/kernels/gemm_f32.inc"

absl::Span<const GemmS8Variant> GemmS8Variants() {
  static constexpr GemmS8Variant kVariants[] = {
#define OCTET_GEMM_S8(name, isa, m_tile, n_tile, k_group, k_align, a_offset, minus_128) \
  {#name, Isa::isa, m_tile, {n_tile, k_group, k_align, a_offset}, minus_128, name},
#define OCTET_DEPTHWISE_S8(...)
#include "engine/kernels/variants.inc"
  };
  return kVariants;
}

absl::Span<const DepthwiseS8Variant> DepthwiseS8Variants() {
  static constexpr DepthwiseS8Variant kVariants[] = {
#define OCTET_GEMM_S8(...)
#define OCTET_DEPTHWISE_S8(name, isa, c_tile, tap_group, lanes, a_offset, minus_128) \
  {#name, Isa::isa, {c_tile, tap_group, lanes, a_offset}, minus_128, name},
#include "engine/kernels/variants.inc"
  };
  return kVariants;
}

absl::Span<const Elementwise8Variant> Elementwise8Variants() {
  static constexpr Elementwise8Variant kVariants[] = {
#define OCTET_ELEMENTWISE_8(name, isa) {Isa::isa, &name},
#include "engine/kernels/elementwise_8.inc"
  };
  return kVariants;
}

absl::Span<const FloatRowsVariant> FloatRowsVariants() {
  static constexpr FloatRowsVariant kVariants[] = {
#define OCTET_FLOAT_ROWS(name, isa) {Isa::isa, &name},
#include "engine/kernels/float_rows.inc"
  };
  return kVariants;
}

absl::Span<const GemmF32Variant> GemmF32Variants() {
  static constexpr GemmF32Variant kVariants[] = {
#define OCTET_GEMM_F32(name, isa) {Isa::isa, &name},
#include "engine/kernels/gemm_f32.inc"
  };
  return kVariants;
}

}  // namespace octet::kernels
