// The rows of this folder's operators, one function for each file.
#ifndef OCTET_ENGINE_OPS_REDUCTION_ROWS_H_
#define OCTET_ENGINE_OPS_REDUCTION_ROWS_H_

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList CumsumRows();
OpRowList LogSoftmaxRows();
OpRowList MeanRows();
OpRowList NormalizeRows();
OpRowList Pool2DRows();
OpRowList ReduceRows();
OpRowList ResizeRows();
OpRowList SoftmaxRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_REDUCTION_ROWS_H_
