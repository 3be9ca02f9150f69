// Who writes and who reads the tensors of a subgraph.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_GRAPH_USES_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_GRAPH_USES_H_

#include <cstdint>
#include <vector>

#include "engine/model/model.h"

namespace octet {

inline constexpr int32_t kNoOperator = -1;

// Input `slot` of operator `op`.
struct Reader {
  int32_t op = 0;
  int32_t slot = 0;
};

struct TensorUses {
  int32_t writer = kNoOperator;
  std::vector<Reader> readers;  // in order
  bool is_input = false;        // of the subgraph
  bool is_output = false;
};

// By tensor.
std::vector<TensorUses> FindUses(const SubgraphDef& graph);

// Whether the tensor holds real numbers; false for an absent one.
bool IsFloatTensor(const SubgraphDef& graph, int32_t tensor);
// And is computed or fed.
bool IsFloatValue(const SubgraphDef& graph, int32_t tensor);
// Or is constant.
bool IsFloatConstant(const SubgraphDef& graph, int32_t tensor);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_GRAPH_USES_H_
