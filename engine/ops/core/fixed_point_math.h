// Transcendental functions in 32-bit fixed point. NUMERICS.md, "SOFTMAX", states them bit by bit.
#ifndef OCTET_ENGINE_OPS_CORE_FIXED_POINT_MATH_H_
#define OCTET_ENGINE_OPS_CORE_FIXED_POINT_MATH_H_

#include <cstdint>

namespace octet::ops {

// exp(a) as Q0.31, for a <= 0 in Q5.26.
int32_t ExpNegative(int32_t a);

// 1 / (1 + a) as Q0.31, for a in [0, 1) as Q0.31.
int32_t ReciprocalOnePlus(int32_t a);

// The natural logarithm as Q5.26 of a total of at least 1, in Q12.19.
int32_t LogAboveOne(int32_t total);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_CORE_FIXED_POINT_MATH_H_
