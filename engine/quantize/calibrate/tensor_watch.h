// Runs a model on samples and shows every tensor that it computes.
#ifndef OCTET_ENGINE_QUANTIZE_CALIBRATE_TENSOR_WATCH_H_
#define OCTET_ENGINE_QUANTIZE_CALIBRATE_TENSOR_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/thread_pool.h"
#include "engine/model/model.h"
#include "engine/runtime/compiled_program.h"
#include "engine/runtime/program_runner.h"

namespace octet {

// What the kept tensors of one watch may take, together, where it can be helped.
inline constexpr int64_t kMaxKeptBytes = int64_t{256} << 20;

// The tensors in groups of at most `max_bytes` as FLOAT32, in order; one that is larger is alone. A
// model whose activations are many is run once for each group.
std::vector<std::vector<int32_t>> SplitBySize(const SubgraphDef& graph,
                                              absl::Span<const int32_t> tensors, int64_t max_bytes);

// Not thread-safe.
class TensorWatch {
 public:
  // `tensors` of the main subgraph are to be shown: computed ones, in any order. They keep their
  // memory through a run, so that nothing is lost to in-place operators. Errors as
  // CompiledProgram::Compile.
  static absl::StatusOr<std::unique_ptr<TensorWatch>> Create(std::shared_ptr<const Model> model,
                                                             std::vector<int32_t> tensors,
                                                             std::shared_ptr<ThreadPool> pool);

  // Inputs in the main subgraph's order, as many bytes as they have. From a fresh state.
  absl::Status Run(absl::Span<const absl::Span<const std::byte>> inputs);

  // Of the last Run: the i-th of the tensors.
  absl::Span<const std::byte> data(size_t i) const { return runner_.output(static_cast<int>(i)); }
  const std::vector<int32_t>& tensors() const { return tensors_; }

 private:
  TensorWatch(std::shared_ptr<const CompiledProgram> program, std::vector<int32_t> tensors)
      : program_(std::move(program)), runner_(*program_), tensors_(std::move(tensors)) {}

  const std::shared_ptr<const CompiledProgram> program_;
  ProgramRunner runner_;
  const std::vector<int32_t> tensors_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_CALIBRATE_TENSOR_WATCH_H_
