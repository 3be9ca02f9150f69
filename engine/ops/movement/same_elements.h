// What operators share that give the same elements another shape.
#ifndef OCTET_ENGINE_OPS_MOVEMENT_SAME_ELEMENTS_H_
#define OCTET_ENGINE_OPS_MOVEMENT_SAME_ELEMENTS_H_

#include "engine/ops/core/op.h"

namespace octet::ops {

// Copies input 0, elements of `element` bytes, to output 0, unless they are one memory.
void CopyElements(const RunContext& context, size_t element);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_MOVEMENT_SAME_ELEMENTS_H_
