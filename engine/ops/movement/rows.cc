#include "engine/ops/movement/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList MovementRows() {
  return JoinRows(ConcatenationRows(), PadRows(), ReshapeRows(), TransposeRows());
}

}  // namespace octet::ops
