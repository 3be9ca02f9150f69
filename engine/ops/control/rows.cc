#include "engine/ops/control/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList ControlRows() { return JoinRows(CallOnceRows(), IfRows(), VariableRows(), WhileRows()); }

}  // namespace octet::ops
