#include "engine/ops/elementwise/arithmetic.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"

namespace octet::ops {

absl::StatusOr<kernels::FixedPointMultiplier> RatioMultiplier(double ratio,
                                                              const TensorDef& tensor) {
  if (!(ratio < 1073741824.0)) {
    return absl::InvalidArgumentError(absl::StrCat("the scales around tensor '", tensor.name,
                                                   "' have the ratio ", ratio,
                                                   "; it must be below 2^30"));
  }
  return kernels::MakeFixedPointMultiplier(ratio);
}

bool IsPowerOfTwo(float scale, int* exponent) {
  const float log2 = static_cast<float>(std::log(static_cast<double>(scale))) *
                     (1.0f / static_cast<float>(std::log(2.0)));
  const float whole = std::round(log2);
  *exponent = static_cast<int>(whole);
  return std::abs(log2 - whole) < 1e-3f;
}

absl::Status CheckPerTensorCodes(const PrepareContext& context, int inputs) {
  for (int i = 0; i < inputs; ++i) OCTET_RETURN_IF_ERROR(CheckPerTensor(*context.input(i)));
  return CheckPerTensor(context.output(0));
}

}  // namespace octet::ops
