#include "engine/ops/recurrent/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

OpRowList RecurrentRows() { return JoinRows(UnidirectionalSequenceRnnRows()); }

}  // namespace octet::ops
