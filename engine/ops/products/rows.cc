#include "engine/ops/products/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList ProductRows() {
  return JoinRows(Conv2DRows(), DepthwiseConv2DRows(), FullyConnectedRows(), TransposeConvRows(),
                  BatchMatmulRows(), Conv3DRows());
}

}  // namespace octet::ops
