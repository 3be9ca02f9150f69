#include "engine/runtime/state.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {
namespace {

void Clear(BudgetedBuffer& buffer) {
  if (buffer.size() > 0) std::memset(buffer.data(), 0, buffer.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<State>> State::Create(const Program& program, MemoryBudget& budget) {
  auto state = std::make_unique<State>();
  for (size_t v = 0; v < program.variables; ++v) state->variables_.emplace_back(budget);
  for (const auto& graph : program.graphs) {
    std::vector<BudgetedBuffer>& buffers = state->tensors_.emplace_back();
    if (graph == nullptr) continue;
    for (const TensorDef& tensor : graph->tensors) {
      BudgetedBuffer& buffer = buffers.emplace_back(budget);
      if (!tensor.is_variable) continue;
      const absl::Status reserved = buffer.Reserve(
          tensor.shape.num_elements() * DataTypeSize(tensor.type) + ops::kInputOverReadBytes);
      if (!reserved.ok()) {
        return absl::ResourceExhaustedError(
            absl::StrCat("variable tensor '", tensor.name, "': ", reserved.message()));
      }
    }
  }
  return state;
}

void State::Reset() {
  for (Variable& variable : variables_) variable.assigned = false;
  for (auto& buffers : tensors_) {
    for (BudgetedBuffer& buffer : buffers) Clear(buffer);
  }
  initialized_.clear();
}

absl::Status State::Assign(int32_t id, DataType type, const ops::TensorView& value) {
  if (id < 0 || id >= static_cast<int32_t>(variables_.size())) {
    return absl::InvalidArgumentError(absl::StrCat("variable ", id, " does not exist"));
  }
  Variable& variable = variables_[id];
  const size_t bytes = value.shape.num_elements() * DataTypeSize(type);
  OCTET_RETURN_IF_ERROR(variable.data.Reserve(bytes));
  if (bytes > 0) std::memcpy(variable.data.data(), value.data, bytes);
  variable.shape = value.shape;
  variable.type = type;
  variable.assigned = true;
  return absl::OkStatus();
}

absl::StatusOr<ops::TensorView> State::Read(int32_t id, DataType type) const {
  if (id < 0 || id >= static_cast<int32_t>(variables_.size())) {
    return absl::InvalidArgumentError(absl::StrCat("variable ", id, " does not exist"));
  }
  const Variable& variable = variables_[id];
  if (!variable.assigned) {
    return absl::FailedPreconditionError("a variable is read before it is assigned");
  }
  if (variable.type != type) {
    return absl::FailedPreconditionError(absl::StrCat("a variable of ", DataTypeName(variable.type),
                                                      " is read as ", DataTypeName(type)));
  }
  return ops::TensorView{variable.data.data(), variable.shape};
}

}  // namespace octet
