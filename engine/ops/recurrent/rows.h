// The rows of this folder's operators, one function for each.
#ifndef OCTET_ENGINE_OPS_RECURRENT_ROWS_H_
#define OCTET_ENGINE_OPS_RECURRENT_ROWS_H_

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList UnidirectionalSequenceRnnRows();

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_RECURRENT_ROWS_H_
