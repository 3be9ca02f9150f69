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
    bytes.push_back(tensor.shape_varies ? RowBytes::kVaries
                                        : tensor.shape.num_elements() * element);
  }
  return bytes;
}

}  // namespace

EngineExecution::EngineExecution(std::shared_ptr<const CompiledModel> model,
                                 std::unique_ptr<ExecutionContext> context, StateBetweenRuns state)
    : model_(std::move(model)),
      context_(std::move(context)),
      forgets_(model_->description().stateful && state == StateBetweenRuns::kForget) {}

absl::StatusOr<std::unique_ptr<Execution>> EngineExecution::Create(
    std::shared_ptr<const CompiledModel> model, StateBetweenRuns state) {
  absl::StatusOr<std::unique_ptr<ExecutionContext>> context = ExecutionContext::Create(model);
  if (!context.ok()) return context.status();
  return std::make_unique<EngineExecution>(std::move(model), *std::move(context), state);
}

absl::Status EngineExecution::SetRows(int64_t rows) {
  if (rows == context_->rows()) return absl::OkStatus();
  return context_->SetRows(static_cast<int>(rows));
}

absl::Status EngineExecution::Run() {
  if (forgets_) context_->ResetState();
  return context_->Run();
}

absl::StatusOr<RowBytes> ComputeRowBytes(const ModelDescription& description) {
  absl::StatusOr<std::vector<size_t>> inputs = TensorBytes(description.inputs);
  if (!inputs.ok()) return inputs.status();
  absl::StatusOr<std::vector<size_t>> outputs = TensorBytes(description.outputs);
  if (!outputs.ok()) return outputs.status();
  return RowBytes{*std::move(inputs), *std::move(outputs)};
}

}  // namespace octet::server
