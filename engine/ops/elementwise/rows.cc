#include "engine/ops/elementwise/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList ElementwiseRows() {
  return JoinRows(AbsRows(), AddRows(), CastRows(), CompareRows(), DequantizeRows(), DivideRows(),
                  FunctionRows(), HardSwishRows(), LogisticRows(), MulRows(), QuantizeRows(),
                  ReluRows(), SelectOpRows());
}

}  // namespace octet::ops
