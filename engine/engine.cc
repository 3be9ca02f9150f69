// The public face of the engine, over the rooms behind it.
#include "octet/engine.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/flush_denormals.h"
#include "engine/base/status_macros.h"
#include "engine/cpu/cache.h"
#include "engine/cpu/isa.h"
#include "engine/ops/registry.h"
#include "engine/runtime/compiled_program.h"
#include "engine/runtime/edge.h"
#include "engine/runtime/io_names.h"
#include "engine/runtime/program_runner.h"

namespace octet {
namespace {

std::vector<IoTensor> DescribeIo(const Graph& graph, const Plan& plan,
                                 absl::Span<const int32_t> tensors,
                                 absl::Span<const std::string> names) {
  std::vector<IoTensor> described;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorDef& tensor = graph.tensors[tensors[i]];
    described.push_back({names[i], tensor.type, plan.shapes[tensors[i]], tensor.quantization,
                         plan.ShapeVaries(graph, tensors[i])});
  }
  return described;
}

size_t ConstantDataBytes(const Model& model) {
  size_t bytes = 0;
  for (const SubgraphDef& subgraph : model.subgraphs()) {
    for (const TensorDef& tensor : subgraph.tensors) bytes += tensor.data.size();
  }
  return bytes;
}

std::vector<std::string> SlotNames(absl::Span<const ops::TypeSlot> slots) {
  std::vector<std::string> names;
  for (const ops::TypeSlot& slot : slots) {
    names.push_back(absl::StrCat(slot.any ? "ANY" : DataTypeName(slot.type),
                                 slot.optional ? "?" : "", slot.repeats ? "..." : ""));
  }
  return names;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Model>> LoadModel(std::string bytes) {
  return ReadModel(std::move(bytes));
}

absl::StatusOr<std::shared_ptr<const Model>> LoadModelFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot open ", path));
  const std::streamoff size = file.tellg();
  // A directory opens, and says that it has the greatest size that there is.
  std::error_code error;
  if (size < 0 || !std::filesystem::is_regular_file(path, error)) {
    return absl::FailedPreconditionError(absl::StrCat("cannot read ", path, ": not a file"));
  }
  std::string bytes(size, '\0');
  file.seekg(0).read(bytes.data(), size);
  if (file.gcount() != size) {
    return absl::DataLossError(absl::StrCat("cannot read ", path, ": it ended after ",
                                            file.gcount(), " of ", size, " bytes"));
  }
  return LoadModel(std::move(bytes));
}

absl::StatusOr<Rounding> ParseRounding(absl::string_view text) {
  if (text == "float32") return Rounding::kFloat32;
  if (text == "fixed_point") return Rounding::kFixedPoint;
  return absl::InvalidArgumentError(
      absl::StrCat("rounding '", text, "' is neither float32 nor fixed_point"));
}

absl::string_view RoundingName(Rounding rounding) {
  return rounding == Rounding::kFloat32 ? "float32" : "fixed_point";
}

struct CompiledModel::Impl {
  std::shared_ptr<const CompiledProgram> program;
  ModelDescription description;
};

CompiledModel::CompiledModel(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
CompiledModel::~CompiledModel() = default;

absl::StatusOr<std::shared_ptr<const CompiledModel>> CompiledModel::Compile(
    std::shared_ptr<const Model> model, const CompileOptions& options) {
  if (options.max_rows < 1) {
    return absl::InvalidArgumentError(absl::StrCat("max_rows is ", options.max_rows));
  }
  RuntimeOptions runtime;
  OCTET_ASSIGN_OR_RETURN(runtime.graph.isas, AllowedIsas(options.isa));
  runtime.graph.cache_bytes = SecondLevelCacheBytes();
  runtime.graph.rounding = options.rounding;
  runtime.pool = options.pool;
  runtime.max_rows = options.max_rows;
  runtime.max_arena_bytes = options.max_arena_bytes;
  runtime.max_subgraph_runs = options.max_subgraph_runs;
  auto impl = std::make_unique<Impl>();
  OCTET_ASSIGN_OR_RETURN(impl->program, CompiledProgram::Compile(model, runtime));

  const Graph& graph = impl->program->main();
  const Plan& plan = impl->program->one_row();
  const IoNames names = PublicNames(*model);
  ModelDescription& description = impl->description;
  description.inputs = DescribeIo(graph, plan, graph.inputs, names.inputs);
  description.outputs = DescribeIo(graph, plan, graph.outputs, names.outputs);
  description.batchable = impl->program->batchable();
  description.not_batchable_reason = impl->program->not_batchable_reason();
  description.weight_bytes = impl->program->program().ConstantBytes() + ConstantDataBytes(*model);
  description.stateful = impl->program->program().stateful;
  description.arena_bytes = plan.arena_bytes;
  description.isa = runtime.graph.isas.ToString();
  description.rounding = options.rounding;
  return std::shared_ptr<const CompiledModel>(new CompiledModel(std::move(impl)));
}

const ModelDescription& CompiledModel::description() const { return impl_->description; }

struct ExecutionContext::Impl {
  explicit Impl(std::shared_ptr<const CompiledProgram> compiled)
      : program(std::move(compiled)), runner(*program) {}
  const std::shared_ptr<const CompiledProgram> program;
  ProgramRunner runner;
};

ExecutionContext::ExecutionContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ExecutionContext::~ExecutionContext() = default;

absl::StatusOr<std::unique_ptr<ExecutionContext>> ExecutionContext::Create(
    std::shared_ptr<const CompiledModel> model) {
  std::unique_ptr<ExecutionContext> context(
      new ExecutionContext(std::make_unique<Impl>(model->impl_->program)));
  OCTET_RETURN_IF_ERROR(context->SetRows(1));
  return context;
}

absl::Status ExecutionContext::SetRows(int rows) {
  const int max_rows = impl_->program->options().max_rows;
  if (rows < 1 || rows > max_rows) {
    return absl::InvalidArgumentError(
        absl::StrCat(rows, " rows; 1 to ", max_rows, " are possible"));
  }
  return impl_->runner.SetRows(rows);
}

int ExecutionContext::rows() const { return impl_->runner.rows(); }
absl::Span<std::byte> ExecutionContext::input(int i) { return impl_->runner.input(i); }
absl::Span<const std::byte> ExecutionContext::output(int i) const {
  return impl_->runner.output(i);
}
Shape ExecutionContext::input_shape(int i) const { return impl_->runner.input_shape(i); }
Shape ExecutionContext::output_shape(int i) const { return impl_->runner.output_shape(i); }
absl::Status ExecutionContext::Run() {
  const ScopedFlushDenormals flush;
  const ThreadPool::RunScope run(impl_->program->pool());
  return impl_->runner.Run();
}
void ExecutionContext::ResetState() { impl_->runner.ResetState(); }

absl::Status QuantizeValues(absl::Span<const std::byte> reals, DataType type,
                            const Quantization& quantization, absl::Span<std::byte> codes) {
  return EdgeQuantize(reals, type, quantization, codes);
}

absl::Status DequantizeCodes(absl::Span<const std::byte> codes, DataType type,
                             const Quantization& quantization, absl::Span<std::byte> reals) {
  return EdgeDequantize(codes, type, quantization, reals);
}

std::vector<SupportedOp> ListOps() {
  std::vector<SupportedOp> list;
  for (const ops::OpRow& row : ops::OpRows()) {
    list.push_back({row.op == BuiltinOp::kCustom ? std::string(row.custom_name)
                                                 : std::string(BuiltinOpName(row.op)),
                    row.min_version, row.max_version, SlotNames(row.inputs),
                    SlotNames(row.outputs)});
  }
  return list;
}

std::string BuiltIsaNames() { return BuiltIsas().ToString(); }
std::string FoundIsaNames() { return FoundIsas().ToString(); }
absl::Status CheckIsa(absl::string_view isa) { return AllowedIsas(isa).status(); }

}  // namespace octet
