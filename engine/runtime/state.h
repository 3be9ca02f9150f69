// What a model remembers between runs: one for each stream of requests.
#ifndef OCTET_ENGINE_RUNTIME_STATE_H_
#define OCTET_ENGINE_RUNTIME_STATE_H_

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "engine/base/memory_budget.h"
#include "engine/ops/core/environment.h"
#include "engine/plan/graph.h"

namespace octet {

// Named variables, variable tensors and which CALL_ONCE has run. Fresh: variables unassigned,
// variable tensors at the code of 0. Not thread-safe: one run uses it at a time.
class State final : public ops::VariableStore {
 public:
  // Memory is of the budget, which outlives the state. ResourceExhausted where there is none for
  // the variable tensors.
  static absl::StatusOr<std::unique_ptr<State>> Create(const Program& program,
                                                       MemoryBudget& budget);

  // Back to fresh.
  void Reset();

  absl::Status Assign(int32_t id, DataType type, const ops::TensorView& value) override;
  absl::StatusOr<ops::TensorView> Read(int32_t id, DataType type) const override;
  bool IsInitialized(int32_t subgraph) const override { return initialized_.count(subgraph) > 0; }
  void SetInitialized(int32_t subgraph) override { initialized_.insert(subgraph); }

  // Memory of a variable tensor.
  std::byte* Tensor(int32_t subgraph, int32_t tensor) {
    return tensors_[subgraph][tensor].data.data();
  }

 private:
  struct Variable {
    explicit Variable(MemoryBudget& budget) : data(budget) {}
    bool assigned = false;
    DataType type = DataType::kFloat32;
    Shape shape;
    BudgetedBuffer data;
  };

  struct VariableTensor {
    explicit VariableTensor(MemoryBudget& budget) : data(budget) {}
    void Clear();
    BudgetedBuffer data;  // empty for a tensor that is no variable
    int8_t fresh = 0;     // every byte of a fresh one
  };

  std::vector<Variable> variables_;
  std::vector<std::vector<VariableTensor>> tensors_;  // by subgraph and tensor
  std::set<int32_t> initialized_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_RUNTIME_STATE_H_
