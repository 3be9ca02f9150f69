// The rows of this folder's operators, one function for each file.
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_ROWS_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_ROWS_H_

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList AddRows();
OpRowList DequantizeRows();
OpRowList QuantizeRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_ROWS_H_
