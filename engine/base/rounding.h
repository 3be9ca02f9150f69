// Which of TensorFlow Lite's kernel sets an integer model's answers equal.
#ifndef OCTET_ENGINE_BASE_ROUNDING_H_
#define OCTET_ENGINE_BASE_ROUNDING_H_

namespace octet {

// kFloat32: what LiteRT answers by default (XNNPACK where it takes the operator, else the builtin
// kernel). kFixedPoint: the reference kernels. engine/NUMERICS.md states both, operator by
// operator.
enum class Rounding { kFloat32, kFixedPoint };

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_ROUNDING_H_
