// SOFTMAX of int16 codes. NUMERICS.md, "SOFTMAX".
#ifndef OCTET_ENGINE_OPS_REDUCTION_SOFTMAX_16_H_
#define OCTET_ENGINE_OPS_REDUCTION_SOFTMAX_16_H_

#include "engine/ops/core/op.h"

namespace octet::ops {

PreparedOp PrepareSoftmax16(const PrepareContext& context);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_REDUCTION_SOFTMAX_16_H_
