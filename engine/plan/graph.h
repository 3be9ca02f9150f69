// A subgraph whose operators are prepared: what every plan of it shares.
#ifndef OCTET_ENGINE_PLAN_GRAPH_H_
#define OCTET_ENGINE_PLAN_GRAPH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/aligned_buffer.h"
#include "engine/cpu/cache.h"
#include "engine/ops/core/op.h"

namespace octet {

// One operator that has to run. Indices are into Graph::tensors; absent inputs are kAbsentTensor.
struct GraphStep {
  std::unique_ptr<const ops::Op> op;
  int32_t op_index = 0;  // in the model's list, for messages
  BuiltinOp kind = BuiltinOp::kCustom;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
  // Kinds of the operators that became this step, in order, the last one's also in `kind`; empty
  // where that is one, as it was.
  std::vector<BuiltinOp> merged;
};

// One subgraph. Immutable once prepared.
struct Graph {
  // The subgraph's tensors, with what was computed while preparing as constants.
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
  // Of the second-level cache that a processor has for itself; sizes what runs band by band.
  size_t cache_bytes = kUsualSecondLevelBytes;
  int threads = 1;  // that runs have
  // Each operator is a step of its own and computes its tensor; else what is quicker together is
  // merged. The results are the same.
  bool keep_every_tensor = false;
};

// All subgraphs of a model that its main one reaches. Immutable once prepared.
struct Program {
  std::shared_ptr<const Model> model;
  // By subgraph index; null where nothing calls the subgraph.
  std::vector<std::unique_ptr<const Graph>> graphs;
  size_t variables = 0;  // number of named variables
  // Some operator or tensor keeps state between runs.
  bool stateful = false;

  const Graph& main() const { return *graphs[0]; }
  size_t ConstantBytes() const;
};

// Its operators' names, joined by "+".
std::string StepName(const GraphStep& step);

// An error with the step's place and operator before its message.
absl::Status InStep(const GraphStep& step, const absl::Status& status);

// Output shapes of an operator whose shapes do not need a run.
absl::StatusOr<ops::Shapes> InferShapes(const ops::Op& op, absl::Span<const Shape> inputs,
                                        absl::Span<const void* const> values);

// Prepares each operator of every subgraph that is reached. One whose inputs are all constant runs
// here and now, and its outputs become constants; one that no output depends on is dropped. Errors
// name the operator; InvalidArgument also where subgraphs call each other in a circle.
absl::StatusOr<std::unique_ptr<const Program>> PrepareProgram(std::shared_ptr<const Model> model,
                                                              const GraphOptions& options);

}  // namespace octet

#endif  // OCTET_ENGINE_PLAN_GRAPH_H_
