#include "engine/ops/elementwise/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList ElementwiseRows() { return JoinRows(AddRows(), DequantizeRows(), QuantizeRows()); }

}  // namespace octet::ops
