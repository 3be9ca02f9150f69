#include "server/models/engine_execution.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace octet::server {
namespace {

absl::StatusOr<std::vector<size_t>> TensorBytes(const std::vector<IoTensor>& tensors) {
  std::vector<size_t> bytes;
  for (const IoTensor& tensor : tensors) {
    const size_t element = DataTypeSize(tensor.type);
    if (element == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor '", tensor.name, "' of type ", DataTypeName(tensor.type),
                       " cannot be served: its elements have no fixed size"));
    }
    bytes.push_back(tensor.shape.num_elements() * element);
  }
  return bytes;
}

}  // namespace

EngineExecution::EngineExecution(std::unique_ptr<ExecutionContext> context)
    : context_(std::move(context)) {}

absl::StatusOr<std::unique_ptr<Execution>> EngineExecution::Create(
    std::shared_ptr<const CompiledModel> model) {
  absl::StatusOr<std::unique_ptr<ExecutionContext>> context =
      ExecutionContext::Create(std::move(model));
  if (!context.ok()) return context.status();
  return std::make_unique<EngineExecution>(*std::move(context));
}

absl::Status EngineExecution::SetRows(int64_t rows) {
  if (rows == context_->rows()) return absl::OkStatus();
  return context_->SetRows(static_cast<int>(rows));
}

absl::StatusOr<RowBytes> ComputeRowBytes(const ModelDescription& description) {
  absl::StatusOr<std::vector<size_t>> inputs = TensorBytes(description.inputs);
  if (!inputs.ok()) return inputs.status();
  absl::StatusOr<std::vector<size_t>> outputs = TensorBytes(description.outputs);
  if (!outputs.ok()) return outputs.status();
  return RowBytes{*std::move(inputs), *std::move(outputs)};
}

}  // namespace octet::server
