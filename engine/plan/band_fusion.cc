#include "engine/plan/band_fusion.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/ops/products/separable_conv.h"
#include "engine/plan/tensor_uses.h"

namespace octet {
namespace {

bool RunsBands(const GraphStep& step, BuiltinOp kind) {
  return step.op != nullptr && step.kind == kind && ops::AsBandedOp(*step.op) != nullptr;
}

bool IsPointwise(const GraphStep& step) {
  return RunsBands(step, BuiltinOp::kConv2d) && ops::AsBandedOp(*step.op)->params().is_pointwise();
}

// Steps by index; kNoStep where there is none.
struct Chain {
  int32_t expand = kNoStep;
  int32_t depthwise = kNoStep;
  int32_t project = kNoStep;
};

// The chain around a depthwise step; without `project` where there is none.
Chain ChainAround(const Graph& graph, const TensorUses& uses, int32_t depthwise) {
  Chain chain;
  chain.depthwise = depthwise;
  const GraphStep& step = graph.steps[depthwise];
  const int32_t next = uses.SoleReader(step.outputs[0]);
  if (next == kNoStep || !IsPointwise(graph.steps[next])) return chain;
  chain.project = next;
  const int32_t before = uses.maker(step.inputs[0]);
  if (before != kNoStep && uses.SoleReader(step.inputs[0]) == depthwise &&
      IsPointwise(graph.steps[before])) {
    chain.expand = before;
  }
  return chain;
}

// Whether what the chain reads could change between its first and its last step.
bool ReadsVariable(const Graph& graph, const Chain& chain) {
  const int32_t first = chain.expand == kNoStep ? chain.depthwise : chain.expand;
  return graph.tensors[graph.steps[first].inputs[0]].is_variable;
}

// Makes the chain's last step of all of them, and empties the others.
void Join(const Chain& chain, size_t cache_bytes, Graph& graph) {
  GraphStep& last = graph.steps[chain.project];
  std::vector<int32_t> inputs;
  std::unique_ptr<const ops::Op> expand;
  for (int32_t s : {chain.expand, chain.depthwise, chain.project}) {
    if (s == kNoStep) continue;
    const GraphStep& step = graph.steps[s];
    last.merged.push_back(step.kind);
    inputs.insert(inputs.end(), step.inputs.begin() + (inputs.empty() ? 0 : 1), step.inputs.end());
  }
  if (chain.expand != kNoStep) expand = std::move(graph.steps[chain.expand].op);
  last.op = std::make_unique<ops::SeparableConv>(std::move(expand),
                                                 std::move(graph.steps[chain.depthwise].op),
                                                 std::move(last.op), cache_bytes);
  last.inputs = std::move(inputs);
}

}  // namespace

void FuseBands(Graph& graph, const GraphOptions& options) {
  const TensorUses uses(graph);
  for (size_t s = 0; s < graph.steps.size(); ++s) {
    if (!RunsBands(graph.steps[s], BuiltinOp::kDepthwiseConv2d)) continue;
    const Chain chain = ChainAround(graph, uses, static_cast<int32_t>(s));
    const bool pays = chain.project != kNoStep && (chain.expand != kNoStep || options.threads > 1);
    if (pays && !ReadsVariable(graph, chain)) Join(chain, options.cache_bytes, graph);
  }
  graph.steps.erase(std::remove_if(graph.steps.begin(), graph.steps.end(),
                                   [](const GraphStep& step) { return step.op == nullptr; }),
                    graph.steps.end());
}

}  // namespace octet
