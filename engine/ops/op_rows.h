// The rows that each operator's file contributes to the registry.
#ifndef OCTET_ENGINE_OPS_OP_ROWS_H_
#define OCTET_ENGINE_OPS_OP_ROWS_H_

#include <vector>

#include "engine/ops/registry.h"

namespace octet::ops {

using OpRowList = std::vector<OpRow>;

OpRowList AddRows();
OpRowList ConcatenationRows();
OpRowList Conv2DRows();
OpRowList DepthwiseConv2DRows();
OpRowList DequantizeRows();
OpRowList FullyConnectedRows();
OpRowList MeanRows();
OpRowList PadRows();
OpRowList Pool2DRows();
OpRowList QuantizeRows();
OpRowList ReshapeRows();
OpRowList SoftmaxRows();
OpRowList TransposeRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_OP_ROWS_H_
