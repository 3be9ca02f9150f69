// Which operators run here: one row for each operator and type combination.
//
// Preparing dispatches through these rows and documentation prints them, so neither can know more
// than the other.
#ifndef OCTET_ENGINE_OPS_REGISTRY_H_
#define OCTET_ENGINE_OPS_REGISTRY_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/ops/op.h"

namespace octet::ops {

// The type of one input or output.
struct TypeSlot {
  DataType type;
  bool optional = false;  // may be absent
  bool repeats = false;   // stands for one or more; only as the last slot
};

// One type combination of one operator.
struct OpRow {
  BuiltinOp op;
  int min_version;
  int max_version;
  std::vector<TypeSlot> inputs;
  std::vector<TypeSlot> outputs;
  PrepareFunction prepare;
};

// All rows, in the order of the operator codes.
absl::Span<const OpRow> OpRows();

// Prepares one operator: finds its row, then calls its prepare function. Errors carry the
// operator's index and kind. Unimplemented where no row fits, with what is missing (operator,
// version, or the types of its tensors by name).
PreparedOp PrepareOp(const PrepareContext& context, int op_index);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_REGISTRY_H_
