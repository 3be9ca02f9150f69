// The rows of this folder's operators, one function for each file.
#ifndef OCTET_ENGINE_OPS_SELECTION_ROWS_H_
#define OCTET_ENGINE_OPS_SELECTION_ROWS_H_

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList ArgExtremumRows();
OpRowList DetectionRows();
OpRowList NonMaxSuppressionRows();
OpRowList TopKRows();
OpRowList WhereRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_SELECTION_ROWS_H_
