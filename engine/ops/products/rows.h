// The rows of this folder's operators, one function for each file.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_ROWS_H_
#define OCTET_ENGINE_OPS_PRODUCTS_ROWS_H_

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList Conv2DRows();
OpRowList DepthwiseConv2DRows();
OpRowList FullyConnectedRows();
OpRowList TransposeConvRows();
OpRowList BatchMatmulRows();
OpRowList Conv3DRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_ROWS_H_
