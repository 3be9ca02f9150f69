#include "engine/quantize/calibrate/tensor_watch.h"

#include <cstring>
#include <utility>

#include "engine/base/flush_denormals.h"
#include "engine/base/status_macros.h"
#include "engine/cpu/isa.h"

namespace octet {
namespace {

constexpr size_t kMaxArenaBytes = size_t{4} << 30;

// The model with these tensors as its outputs; shares the original's constants.
std::shared_ptr<const Model> WithOutputs(std::shared_ptr<const Model> model,
                                         const std::vector<int32_t>& outputs) {
  std::vector<SubgraphDef> subgraphs(model->subgraphs().begin(), model->subgraphs().end());
  subgraphs[0].outputs = outputs;
  const size_t file_bytes = model->file_bytes();
  return std::make_shared<const Model>(std::move(subgraphs), std::vector<SignatureDef>(), "",
                                       std::move(model), file_bytes);
}

}  // namespace

std::vector<std::vector<int32_t>> SplitBySize(const SubgraphDef& graph,
                                              absl::Span<const int32_t> tensors,
                                              int64_t max_bytes) {
  std::vector<std::vector<int32_t>> groups;
  int64_t bytes = 0;
  for (const int32_t tensor : tensors) {
    const auto size =
        graph.tensors[tensor].shape.num_elements() * static_cast<int64_t>(sizeof(float));
    if (groups.empty() || bytes + size > max_bytes) {
      groups.emplace_back();
      bytes = 0;
    }
    groups.back().push_back(tensor);
    bytes += size;
  }
  return groups;
}

absl::StatusOr<std::unique_ptr<TensorWatch>> TensorWatch::Create(std::shared_ptr<const Model> model,
                                                                 std::vector<int32_t> tensors,
                                                                 std::shared_ptr<ThreadPool> pool) {
  RuntimeOptions options;
  OCTET_ASSIGN_OR_RETURN(options.graph.isas, AllowedIsas("auto"));
  options.graph.keep_every_tensor = true;
  options.pool = std::move(pool);
  options.max_rows = 1;
  options.max_arena_bytes = kMaxArenaBytes;
  OCTET_ASSIGN_OR_RETURN(auto program,
                         CompiledProgram::Compile(WithOutputs(std::move(model), tensors), options));
  std::unique_ptr<TensorWatch> watch(new TensorWatch(std::move(program), std::move(tensors)));
  OCTET_RETURN_IF_ERROR(watch->runner_.SetRows(1));
  return watch;
}

absl::Status TensorWatch::Run(absl::Span<const absl::Span<const std::byte>> inputs) {
  const ScopedFlushDenormals flush;
  runner_.ResetState();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const absl::Span<std::byte> room = runner_.input(static_cast<int>(i));
    if (!room.empty()) std::memcpy(room.data(), inputs[i].data(), room.size());
  }
  return runner_.Run();
}

}  // namespace octet
