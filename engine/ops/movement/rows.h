// The rows of this folder's operators, one function for each file.
#ifndef OCTET_ENGINE_OPS_MOVEMENT_ROWS_H_
#define OCTET_ENGINE_OPS_MOVEMENT_ROWS_H_

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList BatchBlocksRows();
OpRowList ConcatenationRows();
OpRowList DensifyRows();
OpRowList DepthBlocksRows();
OpRowList EmbeddingLookupRows();
OpRowList FillRows();
OpRowList GatherRows();
OpRowList GatherNdRows();
OpRowList MirrorPadRows();
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
OpRowList UpdateRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_MOVEMENT_ROWS_H_
