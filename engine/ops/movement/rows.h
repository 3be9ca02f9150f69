// The rows of this folder's operators, one function for each file.
#ifndef OCTET_ENGINE_OPS_MOVEMENT_ROWS_H_
#define OCTET_ENGINE_OPS_MOVEMENT_ROWS_H_

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList ConcatenationRows();
OpRowList GatherRows();
OpRowList GatherNdRows();
OpRowList PackRows();
OpRowList PadRows();
OpRowList RepeatRows();
OpRowList ReshapeRows();
OpRowList ShapeRows();
OpRowList SliceRows();
OpRowList SplitRows();
OpRowList SqueezeRows();
OpRowList StridedSliceRows();
OpRowList TransposeRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_MOVEMENT_ROWS_H_
