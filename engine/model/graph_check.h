// Checks that a subgraph is a graph that can be executed in the file's order.
#ifndef OCTET_ENGINE_MODEL_GRAPH_CHECK_H_
#define OCTET_ENGINE_MODEL_GRAPH_CHECK_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/model/model.h"

namespace octet {

// Every index is in range; an operator reads only constants, variables, inputs and what an earlier
// operator wrote; a tensor is written once, and no constant, variable or input is; what the
// subgraph gives out exists. Errors name the operator and the tensor.
//
// A tensor without elements that nothing writes holds all of its data, and becomes a constant.
// `buffers` has the buffer of each tensor, for the errors.
absl::Status CheckGraph(size_t subgraph, absl::Span<const uint32_t> buffers, SubgraphDef& graph);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_GRAPH_CHECK_H_
