#include "engine/ops/recurrent/multiplier.h"

#include "absl/strings/str_cat.h"

namespace octet::ops {

absl::StatusOr<kernels::FixedPointMultiplier> MultiplierOf(float real, absl::string_view what) {
  constexpr float kLimit = 1 << 30;
  if (real >= 0 && real < kLimit) return kernels::MakeFixedPointMultiplier(real);
  return absl::InvalidArgumentError(absl::StrCat("the scales of ", what, " have the quotient ",
                                                 real, "; less than ", kLimit, " is needed"));
}

absl::StatusOr<kernels::FixedPointMultiplier> ProductMultiplier(const TensorDef& a,
                                                                const TensorDef& b,
                                                                float sum_scale) {
  const float product = a.quantization.scale[0] * b.quantization.scale[0];
  return MultiplierOf(product / sum_scale,
                      absl::StrCat("'", a.name, "', '", b.name, "' and their sum"));
}

absl::StatusOr<kernels::FixedPointMultiplier> ProductMultiplier(const TensorDef& a,
                                                                const TensorDef& b,
                                                                const TensorDef& sum) {
  return ProductMultiplier(a, b, sum.quantization.scale[0]);
}

}  // namespace octet::ops
