// Which operators run here: one row for each operator and type combination.
//
// Preparing dispatches through these rows and documentation prints them, so neither can know more
// than the other.
#ifndef OCTET_ENGINE_OPS_REGISTRY_H_
#define OCTET_ENGINE_OPS_REGISTRY_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/ops/core/op_row.h"

namespace octet::ops {

// All rows, in the order of the operator codes.
absl::Span<const OpRow> OpRows();

// Prepares one operator: finds its row, then calls its prepare function. Errors carry the
// operator's index and kind. Unimplemented where no row fits, with what is missing (operator,
// version, or the types of its tensors by name).
PreparedOp PrepareOp(const PrepareContext& context, int op_index);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_REGISTRY_H_
