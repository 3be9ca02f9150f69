// A model whose operators are prepared: what every plan of it shares.
#ifndef OCTET_ENGINE_PLAN_GRAPH_H_
#define OCTET_ENGINE_PLAN_GRAPH_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/aligned_buffer.h"
#include "engine/ops/op.h"

namespace octet {

// One operator that has to run. Indices are into Graph::tensors; absent inputs are kAbsentTensor.
struct GraphStep {
  std::unique_ptr<const ops::Op> op;
  int32_t op_index = 0;  // in the model's list, for messages
  BuiltinOp kind = BuiltinOp::kCustom;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
};

// Immutable once prepared.
struct Graph {
  std::shared_ptr<const Model> model;
  // The main subgraph's tensors, with what was computed while preparing as constants.
  std::vector<TensorDef> tensors;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
  std::vector<GraphStep> steps;  // those that a run needs, in order
  std::vector<AlignedBuffer> folded;
  // Packed weights and tables, and the folded constants.
  size_t constant_bytes = 0;
};

struct GraphOptions {
  Rounding rounding = Rounding::kFloat32;
  IsaSet isas;
};

// Prepares each operator that an output depends on. One whose inputs are all constant runs here and
// now, and its outputs become constants. Errors name the operator.
absl::StatusOr<std::unique_ptr<const Graph>> PrepareGraph(std::shared_ptr<const Model> model,
                                                          const GraphOptions& options);

}  // namespace octet

#endif  // OCTET_ENGINE_PLAN_GRAPH_H_
