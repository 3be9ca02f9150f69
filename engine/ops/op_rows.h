// The rows that each family of operators contributes to the registry.
#ifndef OCTET_ENGINE_OPS_OP_ROWS_H_
#define OCTET_ENGINE_OPS_OP_ROWS_H_

#include <vector>

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList ProductRows();
OpRowList ElementwiseRows();
OpRowList MovementRows();
OpRowList ReductionRows();
OpRowList SelectionRows();
OpRowList ControlRows();
OpRowList RecurrentRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_OP_ROWS_H_
