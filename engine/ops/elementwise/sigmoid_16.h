// The logistic function and the hyperbolic tangent of 16-bit codes, in integers. NUMERICS.md,
// "LOGISTIC and TANH, int16".
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_SIGMOID_16_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_SIGMOID_16_H_

#include <array>
#include <cstdint>

namespace octet::ops {

// G: the logistic function of a number in Q3.12, in Q0.15.
int16_t LogisticQ3(int16_t a);

// H: the hyperbolic tangent of a number with `integer_bits` integer bits, 0 ... 6, in Q0.15.
int16_t TanhFixed(int16_t a, int integer_bits);

// The logistic function at i / 24, in units of 2^-16, corrected for linear interpolation.
std::array<uint16_t, 256> BuildLogisticSamples();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_SIGMOID_16_H_
