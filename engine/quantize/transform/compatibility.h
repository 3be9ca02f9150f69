// Whether other runtimes would take a model, by what their makers publish.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_COMPATIBILITY_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_COMPATIBILITY_H_

#include "engine/model/model.h"
#include "engine/quantize/transform/report.h"

namespace octet {

// Fully int8: inputs and outputs are INT8 or UINT8 or no reals, and no operator works on other
// reals.
//
// Edge TPU: the vendor's list of operators with its main conditions (8-bit tensors, one subgraph,
// static shapes, no more than three dimensions beyond 1). Its compiler knows more conditions on
// sizes, so that an empty list says "probably".
//
// Micro: the operators that TensorFlow Lite for Microcontrollers registers, static shapes, and the
// type combinations that its kernels refuse: float activations with int8 weights, and DEQUANTIZE of
// FLOAT16 or of several scales.
CompatibilityReport CheckTargets(const Model& model);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_COMPATIBILITY_H_
