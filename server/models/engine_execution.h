// The engine behind batching's interface.
#ifndef OCTET_SERVER_MODELS_ENGINE_EXECUTION_H_
#define OCTET_SERVER_MODELS_ENGINE_EXECUTION_H_

#include <memory>

#include "absl/status/statusor.h"
#include "octet/engine.h"
#include "server/batching/execution.h"

namespace octet::server {

// Whether a stateful model starts each run from its initial state, or from where the last run left
// it.
enum class StateBetweenRuns { kForget, kKeep };

class EngineExecution final : public Execution {
 public:
  static absl::StatusOr<std::unique_ptr<Execution>> Create(
      std::shared_ptr<const CompiledModel> model, StateBetweenRuns state);

  EngineExecution(std::shared_ptr<const CompiledModel> model,
                  std::unique_ptr<ExecutionContext> context, StateBetweenRuns state);

  absl::Status SetRows(int64_t rows) override;
  absl::Span<std::byte> input(int i) override { return context_->input(i); }
  absl::Span<const std::byte> output(int i) const override { return context_->output(i); }
  Shape output_shape(int i) const override { return context_->output_shape(i); }
  absl::Status Run() override;

 private:
  const std::shared_ptr<const CompiledModel> model_;
  const std::unique_ptr<ExecutionContext> context_;
  const bool forgets_;
};

// Bytes of one row. InvalidArgument, naming the tensor, where an element has no fixed size.
absl::StatusOr<RowBytes> ComputeRowBytes(const ModelDescription& description);

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_ENGINE_EXECUTION_H_
