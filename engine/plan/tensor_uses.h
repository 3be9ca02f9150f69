// Who makes and who reads each tensor of a graph.
#ifndef OCTET_ENGINE_PLAN_TENSOR_USES_H_
#define OCTET_ENGINE_PLAN_TENSOR_USES_H_

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "engine/plan/graph.h"

namespace octet {

inline constexpr int32_t kNoStep = -1;

// Of the steps as they are when this is made; their operators do not matter.
class TensorUses {
 public:
  explicit TensorUses(const Graph& graph)
      : maker_(graph.tensors.size(), kNoStep), readers_(graph.tensors.size()) {
    for (size_t s = 0; s < graph.steps.size(); ++s) {
      const auto step = static_cast<int32_t>(s);
      for (int32_t t : graph.steps[s].outputs) maker_[t] = step;
      for (int32_t t : graph.steps[s].inputs) {
        if (t != kAbsentTensor) readers_[t].push_back(step);
      }
    }
    // The outside is a reader that is no step.
    for (int32_t t : graph.outputs) readers_[t].push_back(kNoStep);
  }

  int32_t maker(int32_t tensor) const { return maker_[tensor]; }
  // The one step that reads a tensor, once; kNoStep where there is none, or another reader.
  int32_t SoleReader(int32_t tensor) const {
    return readers_[tensor].size() == 1 ? readers_[tensor][0] : kNoStep;
  }
  bool ReadWithin(int32_t tensor, const std::set<int32_t>& steps) const {
    return std::all_of(readers_[tensor].begin(), readers_[tensor].end(),
                       [&](int32_t reader) { return steps.count(reader) > 0; });
  }

 private:
  std::vector<int32_t> maker_;
  std::vector<std::vector<int32_t>> readers_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_PLAN_TENSOR_USES_H_
