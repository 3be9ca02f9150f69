// Fused activations, as clamps.
#ifndef OCTET_ENGINE_OPS_CORE_ACTIVATION_H_
#define OCTET_ENGINE_OPS_CORE_ACTIVATION_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/base/rounding.h"
#include "engine/model/model.h"

namespace octet::ops {

struct CodeRange {
  int32_t lo = 0;
  int32_t hi = 0;
};
struct FloatRange {
  float lo = 0;
  float hi = 0;
};

// The whole range of a quantized type. Requires INT8, UINT8 or INT16.
CodeRange TypeRange(DataType type);

// Clamp bounds of a fused activation on a per-tensor quantized output, cut to its type. `rule` is
// the kernel set that answers for the operator. NUMERICS.md, "Activation bounds". Unimplemented for
// an activation that is no clamp.
absl::StatusOr<CodeRange> ActivationCodes(Activation activation, const TensorDef& output,
                                          Rounding rule);
absl::StatusOr<FloatRange> ActivationValues(Activation activation);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_CORE_ACTIVATION_H_
