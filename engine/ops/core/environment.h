// What operators need of their surroundings; the runtime implements it.
#ifndef OCTET_ENGINE_OPS_CORE_ENVIRONMENT_H_
#define OCTET_ENGINE_OPS_CORE_ENVIRONMENT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/data_type.h"
#include "engine/base/memory_budget.h"
#include "engine/base/shape.h"
#include "engine/model/model.h"

namespace octet::ops {

// A tensor that somebody else owns.
struct TensorView {
  const void* data = nullptr;
  Shape shape;
};

// Gives memory to outputs whose shape only a run can tell.
class OutputAllocator {
 public:
  virtual ~OutputAllocator() = default;
  // Memory for output `i`, 64-byte aligned; at most once a run for each output. ResourceExhausted
  // past the limit of memory.
  virtual absl::StatusOr<void*> Allocate(int i, const Shape& shape) = 0;
};

// What preparing a call has to know of the subgraph that is called.
struct Callee {
  const SubgraphDef* subgraph = nullptr;
  // It changes state that outlives a run.
  bool has_side_effects = false;
};

// Runs other subgraphs of the model: IF, WHILE, CALL_ONCE.
class SubgraphRunner {
 public:
  virtual ~SubgraphRunner() = default;

  // Runs a subgraph on inputs that fit its declared types, then copies each of its outputs into
  // memory from `outputs`, which must not overlap `inputs`. ResourceExhausted past the limit of
  // memory, or of calls in one run of the model.
  virtual absl::Status Run(int32_t subgraph, absl::Span<const TensorView> inputs,
                           OutputAllocator& outputs) = 0;

  // For what an operator keeps from call to call.
  virtual MemoryBudget& memory() = 0;
};

// State that outlives a run: one for each stream of requests, never shared.
class VariableStore {
 public:
  virtual ~VariableStore() = default;

  // Copies a value into variable `id` of VariableNames.
  virtual absl::Status Assign(int32_t id, DataType type, const TensorView& value) = 0;

  // Its value, valid until the next Assign of it. FailedPrecondition before the first.
  virtual absl::StatusOr<TensorView> Read(int32_t id, DataType type) const = 0;

  // Whether the subgraph that CALL_ONCE runs has run to its end.
  virtual bool IsInitialized(int32_t subgraph) const = 0;
  virtual void SetInitialized(int32_t subgraph) = 0;
};

// Numbers for the names of variables, given while a model is prepared. A RESOURCE tensor holds one
// such number, an int32.
class VariableNames {
 public:
  int32_t IdOf(const std::string& container, const std::string& shared_name) {
    return ids_.emplace(std::make_pair(container, shared_name), static_cast<int32_t>(ids_.size()))
        .first->second;
  }
  size_t size() const { return ids_.size(); }

 private:
  std::map<std::pair<std::string, std::string>, int32_t> ids_;
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_CORE_ENVIRONMENT_H_
