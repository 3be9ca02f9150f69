#include "engine/ops/reduction/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList ReductionRows() { return JoinRows(MeanRows(), Pool2DRows(), SoftmaxRows()); }

}  // namespace octet::ops
