// The rows of this folder's operators, one function for each file.
#ifndef OCTET_ENGINE_OPS_CONTROL_ROWS_H_
#define OCTET_ENGINE_OPS_CONTROL_ROWS_H_

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList CallOnceRows();
OpRowList IfRows();
OpRowList VariableRows();
OpRowList WhileRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_CONTROL_ROWS_H_
