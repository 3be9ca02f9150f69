// Fixed-point multipliers between quotients of scales, for recurrent operators on codes.
#ifndef OCTET_ENGINE_OPS_RECURRENT_MULTIPLIER_H_
#define OCTET_ENGINE_OPS_RECURRENT_MULTIPLIER_H_

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/kernels/fixed_point.h"
#include "engine/model/model.h"

namespace octet::ops {

// QM of a quotient of scales; InvalidArgument, naming `what`, where it is too large for one.
absl::StatusOr<kernels::FixedPointMultiplier> MultiplierOf(float real, absl::string_view what);

// QM(f32(f32(scale of a * scale of b) / scale of sum)). Requires one scale each.
absl::StatusOr<kernels::FixedPointMultiplier> ProductMultiplier(const TensorDef& a,
                                                                const TensorDef& b,
                                                                const TensorDef& sum);
absl::StatusOr<kernels::FixedPointMultiplier> ProductMultiplier(const TensorDef& a,
                                                                const TensorDef& b,
                                                                float sum_scale);

// The nearest value of the type.
template <typename T>
T Saturate(int64_t value) {
  return static_cast<T>(
      std::clamp<int64_t>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_RECURRENT_MULTIPLIER_H_
