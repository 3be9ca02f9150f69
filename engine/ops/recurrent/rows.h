// The rows of this folder's operators, one function for each.
#ifndef OCTET_ENGINE_OPS_RECURRENT_ROWS_H_
#define OCTET_ENGINE_OPS_RECURRENT_ROWS_H_

#include <vector>

#include "engine/ops/core/op_row.h"

namespace octet::ops {

OpRowList BidirectionalSequenceLstmRows();
OpRowList SvdfRows();
OpRowList UnidirectionalSequenceLstmRows();
OpRowList UnidirectionalSequenceRnnRows();

// The 17 inputs of one direction of an LSTM, as ReadLstmTensors reads them.
void AppendLstmSlots(DataType weights, DataType peephole, DataType bias,
                     std::vector<TypeSlot>& slots);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_RECURRENT_ROWS_H_
