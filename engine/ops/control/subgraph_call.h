// What calls of subgraphs have in common: checks of the interface, and conditions.
#ifndef OCTET_ENGINE_OPS_CONTROL_SUBGRAPH_CALL_H_
#define OCTET_ENGINE_OPS_CONTROL_SUBGRAPH_CALL_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/ops/core/op.h"

namespace octet::ops {

// The subgraph that an operator calls as its `role`, where it takes what stands in `inputs` and
// gives what stands in `outputs` (tensors of the caller): as many, of the same types.
// InvalidArgument otherwise, with the tensor that does not fit.
absl::StatusOr<const Callee*> FindCallee(const PrepareContext& context, absl::string_view role,
                                         int32_t subgraph, absl::Span<const int32_t> inputs,
                                         absl::Span<const int32_t> outputs);

// The same for a subgraph that decides: its one output is a BOOL.
absl::StatusOr<const Callee*> FindCondition(const PrepareContext& context, int32_t subgraph,
                                            absl::Span<const int32_t> inputs);

// InvalidArgument where a condition is not one value.
absl::Status CheckCondition(const Shape& shape);

// Whether a condition of one value holds.
bool Holds(const void* condition);

// Tensors as a subgraph takes them; `first` of the operator's inputs are not passed on.
std::vector<TensorView> Arguments(const RunContext& context, size_t first);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_CONTROL_SUBGRAPH_CALL_H_
