// The rows of this folder's operators, one function for each file.
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_ROWS_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_ROWS_H_

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList AbsRows();
OpRowList AddRows();
OpRowList CastRows();
OpRowList CompareRows();
OpRowList DequantizeRows();
OpRowList DivideRows();
OpRowList FunctionRows();
OpRowList HardSwishRows();
OpRowList LogisticRows();
OpRowList MulRows();
OpRowList QuantizeRows();
OpRowList ReluRows();
OpRowList SelectOpRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_ROWS_H_
