#include "engine/ops/recurrent/rows.h"

#include "engine/ops/op_rows.h"

namespace octet::ops {

void AppendLstmSlots(DataType weights, DataType peephole, DataType bias,
                     std::vector<TypeSlot>& slots) {
  const auto gates = [&](DataType type) {
    slots.push_back({type, /*optional=*/true});
    slots.insert(slots.end(), 3, {type});
  };
  gates(weights);
  gates(weights);
  slots.insert(slots.end(), 3, {peephole, /*optional=*/true});
  gates(bias);
  slots.push_back({weights, /*optional=*/true});
  slots.push_back({bias, /*optional=*/true});
}

OpRowList RecurrentRows() {
  return JoinRows(BidirectionalSequenceLstmRows(), SvdfRows(), UnidirectionalSequenceLstmRows(),
                  UnidirectionalSequenceRnnRows());
}

}  // namespace octet::ops
