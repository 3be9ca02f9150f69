#include "engine/ops/reduction/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList ReductionRows() {
  return JoinRows(CumsumRows(), LogSoftmaxRows(), MeanRows(), NormalizeRows(), Pool2DRows(),
                  ReduceRows(), ResizeRows(), SoftmaxRows());
}

}  // namespace octet::ops
