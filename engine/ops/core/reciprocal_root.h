// 1 / sqrt(n) in fixed point. NUMERICS.md, "ABS and NEG; roots".
#ifndef OCTET_ENGINE_OPS_CORE_RECIPROCAL_ROOT_H_
#define OCTET_ENGINE_OPS_CORE_RECIPROCAL_ROOT_H_

#include <cstdint>

#include "engine/kernels/fixed_point.h"

namespace octet::ops {

// ISQRT: 1 / sqrt(n) as a fixed-point multiplier; that of 1 for n <= 1.
kernels::FixedPointMultiplier ReciprocalRootMultiplier(int32_t n);

// 1 / sqrt(n) times `scale`, in integers. n >= 1.
int32_t ScaledReciprocalRoot(int32_t n, kernels::FixedPointMultiplier scale);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_CORE_RECIPROCAL_ROOT_H_
