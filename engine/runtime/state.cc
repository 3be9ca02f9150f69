#include "engine/runtime/state.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {
namespace {

// Of int8 alone: codes of the other types start at 0, as they do in LiteRT.
int8_t FreshByte(const TensorDef& tensor) {
  if (tensor.type != DataType::kInt8 || tensor.quantization.zero_point.empty()) return 0;
  return static_cast<int8_t>(tensor.quantization.zero_point[0]);
}

}  // namespace

void State::VariableTensor::Clear() {
  if (data.size() > 0) std::memset(data.data(), fresh, data.size());
}

absl::StatusOr<std::unique_ptr<State>> State::Create(const Program& program, MemoryBudget& budget) {
  auto state = std::make_unique<State>();
  for (size_t v = 0; v < program.variables; ++v) state->variables_.emplace_back(budget);
  for (const auto& graph : program.graphs) {
    std::vector<VariableTensor>& variables = state->tensors_.emplace_back();
    if (graph == nullptr) continue;
    for (const TensorDef& tensor : graph->tensors) {
      VariableTensor& variable = variables.emplace_back(budget);
      if (!tensor.is_variable) continue;
      const absl::Status reserved = variable.data.Reserve(
          tensor.shape.num_elements() * DataTypeSize(tensor.type) + ops::kInputOverReadBytes);
      if (!reserved.ok()) {
        return absl::ResourceExhaustedError(
            absl::StrCat("variable tensor '", tensor.name, "': ", reserved.message()));
      }
      variable.fresh = FreshByte(tensor);
      variable.Clear();
    }
  }
  return state;
}

void State::Reset() {
  for (Variable& variable : variables_) variable.assigned = false;
  for (auto& variables : tensors_) {
    for (VariableTensor& variable : variables) variable.Clear();
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
