// What a model remembers between runs: one for each stream of requests.
#ifndef OCTET_ENGINE_RUNTIME_STATE_H_
#define OCTET_ENGINE_RUNTIME_STATE_H_

#include <cstdint>
#include <set>
#include <vector>

#include "engine/base/aligned_buffer.h"
#include "engine/ops/core/environment.h"
#include "engine/plan/graph.h"

namespace octet {

// Named variables, variable tensors and which CALL_ONCE has run. Fresh: variables unassigned,
// variable tensors zero. Not thread-safe: one run uses it at a time.
class State final : public ops::VariableStore {
 public:
  // ResourceExhausted where memory for the variable tensors can't be had.
  static absl::StatusOr<std::unique_ptr<State>> Create(const Program& program);

  // Back to fresh.
  void Reset();

  absl::Status Assign(int32_t id, DataType type, const ops::TensorView& value) override;
  absl::StatusOr<ops::TensorView> Read(int32_t id, DataType type) const override;
  bool FirstCall(int32_t subgraph) override { return called_.insert(subgraph).second; }

  // Memory of a variable tensor.
  std::byte* Tensor(int32_t subgraph, int32_t tensor) { return tensors_[subgraph][tensor].data(); }

 private:
  struct Variable {
    bool assigned = false;
    DataType type = DataType::kFloat32;
    Shape shape;
    AlignedBuffer data;
  };

  std::vector<Variable> variables_;
  std::vector<std::vector<AlignedBuffer>> tensors_;  // by subgraph and tensor; most are empty
  std::set<int32_t> called_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_STATE_H_
