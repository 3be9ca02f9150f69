#include "engine/runtime/state.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace octet {
namespace {

void Clear(AlignedBuffer& buffer) {
  if (buffer.size() > 0) std::memset(buffer.data(), 0, buffer.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<State>> State::Create(const Program& program) {
  auto state = std::make_unique<State>();
  state->variables_.resize(program.variables);
  for (const auto& graph : program.graphs) {
    std::vector<AlignedBuffer>& buffers = state->tensors_.emplace_back();
    if (graph == nullptr) continue;
    buffers.resize(graph->tensors.size());
    for (size_t t = 0; t < buffers.size(); ++t) {
      const TensorDef& tensor = graph->tensors[t];
      if (!tensor.is_variable) continue;
      buffers[t] = AlignedBuffer(tensor.shape.num_elements() * DataTypeSize(tensor.type) +
                                 ops::kInputOverReadBytes);
      if (!buffers[t].ok()) {
        return absl::ResourceExhaustedError(
            absl::StrCat("no memory for variable tensor '", tensor.name, "'"));
      }
    }
  }
  return state;
}

void State::Reset() {
  for (Variable& variable : variables_) variable.assigned = false;
  for (auto& buffers : tensors_) {
    for (AlignedBuffer& buffer : buffers) Clear(buffer);
  }
  called_.clear();
}

absl::Status State::Assign(int32_t id, DataType type, const ops::TensorView& value) {
  if (id < 0 || id >= static_cast<int32_t>(variables_.size())) {
    return absl::InvalidArgumentError(absl::StrCat("variable ", id, " does not exist"));
  }
  Variable& variable = variables_[id];
  const size_t bytes = value.shape.num_elements() * DataTypeSize(type);
  if (variable.data.size() < bytes) {
    variable.data = AlignedBuffer(bytes);
    if (!variable.data.ok()) return absl::ResourceExhaustedError("no memory for a variable");
  }
  // A value may be an earlier reading of the variable itself.
  if (bytes > 0) std::memmove(variable.data.data(), value.data, bytes);
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
