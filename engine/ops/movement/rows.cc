#include "engine/ops/movement/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList MovementRows() {
  return JoinRows(BatchBlocksRows(), ConcatenationRows(), DensifyRows(), DepthBlocksRows(),
                  EmbeddingLookupRows(), FillRows(), GatherRows(), GatherNdRows(), MirrorPadRows(),
                  PackRows(), PadRows(), RepeatRows(), ReshapeRows(), ShapeRows(), SliceRows(),
                  SplitRows(), SqueezeRows(), StridedSliceRows(), TransposeRows(), UpdateRows());
}

}  // namespace octet::ops
