// The engine: load a model, compile it for this machine, run it.
//
//   auto model = octet::LoadModel(bytes);
//   auto compiled = octet::CompiledModel::Compile(*model, options);
//   auto context = octet::ExecutionContext::Create(*compiled);   // one per worker
//   (*context)->SetRows(3);
//   memcpy((*context)->input(0).data(), rows, ...);
//   (*context)->Run();
//   ... (*context)->output(0) ...
//
// No function here throws, aborts or logs; errors are absl::Status.
#ifndef OCTET_ENGINE_H_
#define OCTET_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/base/rounding.h"  // IWYU pragma: export
#include "octet/tensor.h"
#include "octet/thread_pool.h"

namespace octet {

class Model;  // a verified file in memory; immutable, shared

// Reads a `.tflite` file; takes the bytes over. Errors: InvalidArgument for a file that is not a
// sound model (the message names the tensor, buffer, operator or offset); Unimplemented for one
// that uses what Octet lacks, by name.
absl::StatusOr<std::shared_ptr<const Model>> LoadModel(std::string bytes);

// The same from a file. Also NotFound, and other errors of the file system; DataLoss for a file
// that becomes shorter meanwhile. The file may change or vanish afterwards.
absl::StatusOr<std::shared_ptr<const Model>> LoadModelFile(const std::string& path);

// "float32" or "fixed_point"; InvalidArgument otherwise.
absl::StatusOr<Rounding> ParseRounding(absl::string_view text);
absl::string_view RoundingName(Rounding rounding);

struct CompileOptions {
  Rounding rounding = Rounding::kFloat32;
  // "auto", or the most capable instruction set to use ("scalar", "avx2", "neon", ...).
  std::string isa = "auto";
  // Shared by all models of a process; null runs everything on the calling thread.
  std::shared_ptr<ThreadPool> pool;
  // Largest number of rows that SetRows will accept for a batchable model, >= 1.
  int max_rows = 16;
  // Bound of one execution context's memory, in bytes; compiling fails beyond it.
  size_t max_arena_bytes = size_t{2} << 30;
  // How often IF, WHILE and CALL_ONCE may run a subgraph in one run of the model, all together:
  // a loop that does not end becomes an error.
  int64_t max_subgraph_runs = 1'000'000;
};

// One input or output, as clients know it.
struct IoTensor {
  std::string name;  // the signature's where the model has one, else the tensor's; unique
  DataType type = DataType::kFloat32;
  Shape shape;  // of one row: dimension 0 is 1 for a batchable model
  Quantization quantization;
  // An output whose shape each run finds anew, from data; `shape` is the file's. Never of a
  // batchable model.
  bool shape_varies = false;
};

struct ModelDescription {
  std::vector<IoTensor> inputs;
  std::vector<IoTensor> outputs;
  // Dimension 0 of every input and output is the batch, and rows do not influence each other:
  // shown by analysis when the model was compiled, and confirmed by running it.
  bool batchable = false;
  std::string not_batchable_reason;  // empty for a batchable model
  // Runs leave state behind (variables, recurrent cells) that later runs read.
  bool stateful = false;
  size_t weight_bytes = 0;  // packed weights and constants, shared by all contexts
  size_t arena_bytes = 0;   // of one context at one row
  std::string isa;          // instruction sets that its kernels may use: "scalar,avx2"
  Rounding rounding = Rounding::kFloat32;
};

// A model made ready for this machine. Immutable and thread-safe; keeps the Model alive.
class CompiledModel {
 public:
  // Checks every operator's types, shapes and parameters, packs weights and plans memory. Errors:
  // Unimplemented (operator, version, types, tensor), InvalidArgument, ResourceExhausted.
  static absl::StatusOr<std::shared_ptr<const CompiledModel>> Compile(
      std::shared_ptr<const Model> model, const CompileOptions& options);

  ~CompiledModel();
  CompiledModel(const CompiledModel&) = delete;
  CompiledModel& operator=(const CompiledModel&) = delete;

  const ModelDescription& description() const;

 private:
  friend class ExecutionContext;
  struct Impl;
  explicit CompiledModel(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// Memory in which one run of a model happens. Not thread-safe: one per worker.
class ExecutionContext {
 public:
  static absl::StatusOr<std::unique_ptr<ExecutionContext>> Create(
      std::shared_ptr<const CompiledModel> model);

  ~ExecutionContext();
  ExecutionContext(const ExecutionContext&) = delete;
  ExecutionContext& operator=(const ExecutionContext&) = delete;

  // Makes room for `rows` rows (the size of dimension 0); a model that is not batchable takes 1
  // row: one run of its own shape. Plans are cached, so a size met before costs no planning.
  // Invalidates spans from input() and output(). InvalidArgument for a number out of range;
  // ResourceExhausted past max_arena_bytes.
  absl::Status SetRows(int rows);
  int rows() const;

  // Bytes of input and output i: all rows, dense, row-major, in the model's own data type. Inputs
  // hold unspecified values after Run.
  absl::Span<std::byte> input(int i);
  absl::Span<const std::byte> output(int i) const;
  Shape input_shape(int i) const;
  Shape output_shape(int i) const;

  // Runs the plan, with the state that earlier runs of this context left. Allocates nothing, unless
  // shapes depend on data. Every input must have been written since the last Run.
  absl::Status Run();

  // Forgets what earlier runs left in a stateful model; nothing to do for others.
  void ResetState();

 private:
  struct Impl;
  explicit ExecutionContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Conversion at the edge of a quantized model, for clients that hold real numbers. Reals are
// float32 values; both sides are bytes of any alignment, with the same number of elements. To
// codes: clamp(rint(x / scale) + zero_point), ties to even, in float32; infinities saturate. `type`
// is INT8, UINT8 or INT16, the quantization per-tensor. Errors: InvalidArgument for a NaN (its
// index named), or for a type, quantization or size that does not fit.
absl::Status QuantizeValues(absl::Span<const std::byte> reals, DataType type,
                            const Quantization& quantization, absl::Span<std::byte> codes);
// From codes: scale * (code - zero_point), in float32. Same types and errors.
absl::Status DequantizeCodes(absl::Span<const std::byte> codes, DataType type,
                             const Quantization& quantization, absl::Span<std::byte> reals);

// One row of the table of operators: a type combination that Octet executes.
struct SupportedOp {
  std::string op;  // "CONV_2D"
  int min_version = 1;
  int max_version = 1;
  std::vector<std::string> inputs;  // type names, or "ANY"; a trailing "?" marks an optional
                                    // input, "..." one that may repeat
  std::vector<std::string> outputs;
};

// All of them, from the registry that compiling uses, in the order of the format's codes.
std::vector<SupportedOp> ListOps();

// Names of instruction sets, comma-separated: compiled into this program; usable on this machine.
std::string BuiltIsaNames();
std::string FoundIsaNames();

// OK where `isa` can be used here; else says what is wrong and what can be.
absl::Status CheckIsa(absl::string_view isa);

}  // namespace octet

#endif  // OCTET_ENGINE_H_
