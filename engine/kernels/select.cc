#include "engine/kernels/variants.h"

#include <algorithm>

namespace octet::kernels {
namespace {

// The first variant, in the list's order, of the most capable instruction set that has one which
// is exact for these weights.
template <typename Variant>
const Variant& SelectFirst(absl::Span<const Variant> variants, bool has_minus_128, IsaSet allowed) {
  for (Isa isa : allowed.Descending()) {
    for (const Variant& variant : variants) {
      if (variant.isa == isa && (variant.accepts_minus_128 || !has_minus_128)) return variant;
    }
  }
  return variants.front();  // scalar: it heads the list and accepts everything
}

// The same for kernels that come as a set.
template <typename Kernels, typename Variant>
const Kernels& SelectSet(absl::Span<const Variant> variants, IsaSet allowed) {
  for (Isa isa : allowed.Descending()) {
    for (const Variant& variant : variants) {
      if (variant.isa == isa) return *variant.kernels;
    }
  }
  return *variants.front().kernels;
}

}  // namespace

bool HasMinus128(absl::Span<const int8_t> weights) {
  return std::find(weights.begin(), weights.end(), -128) != weights.end();
}

const GemmS8Variant& SelectGemmS8(const GemmS8Problem& problem, IsaSet allowed) {
  return SelectFirst(GemmS8Variants(), problem.has_minus_128, allowed);
}

const DepthwiseS8Variant& SelectDepthwiseS8(const DepthwiseS8Problem& problem, IsaSet allowed) {
  return SelectFirst(DepthwiseS8Variants(), problem.has_minus_128, allowed);
}

const Elementwise8& SelectElementwise8(IsaSet allowed) {
  return SelectSet<Elementwise8>(Elementwise8Variants(), allowed);
}

const FloatRows& SelectFloatRows(IsaSet allowed) {
  return SelectSet<FloatRows>(FloatRowsVariants(), allowed);
}

const GemmF32& SelectGemmF32(IsaSet allowed) {
  return SelectSet<GemmF32>(GemmF32Variants(), allowed);
}

}  // namespace octet::kernels
