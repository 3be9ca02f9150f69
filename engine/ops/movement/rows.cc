#include "engine/ops/movement/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList MovementRows() {
  return JoinRows(ConcatenationRows(), GatherRows(), GatherNdRows(), PackRows(), PadRows(),
                  RepeatRows(), ReshapeRows(), ShapeRows(), SliceRows(), SplitRows(), SqueezeRows(),
                  StridedSliceRows(), TransposeRows());
}

}  // namespace octet::ops
