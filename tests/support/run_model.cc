#include "tests/support/run_model.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet::testing {

absl::StatusOr<std::shared_ptr<const CompiledModel>> CompileBytes(const std::string& file,
                                                                  const RunOptions& options) {
  OCTET_ASSIGN_OR_RETURN(auto model, LoadModel(file));
  CompileOptions compile;
  compile.rounding = options.rounding;
  compile.isa = options.isa;
  if (options.threads > 1) compile.pool = std::make_shared<ThreadPool>(options.threads);
  return CompiledModel::Compile(model, compile);
}

absl::StatusOr<RunResult> RunCompiled(std::shared_ptr<const CompiledModel> model,
                                      const std::vector<Bytes>& inputs, int rows) {
  if (inputs.size() != model->description().inputs.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(inputs.size(), " inputs for a model of ", model->description().inputs.size()));
  }
  OCTET_ASSIGN_OR_RETURN(auto context, ExecutionContext::Create(model));
  OCTET_RETURN_IF_ERROR(context->SetRows(rows));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto room = context->input(static_cast<int>(i));
    if (room.size() != inputs[i].size()) {
      return absl::InvalidArgumentError(absl::StrCat("input ", i, " has ", inputs[i].size(),
                                                     " bytes; ", room.size(), " are needed"));
    }
    if (!room.empty()) std::memcpy(room.data(), inputs[i].data(), room.size());
  }
  OCTET_RETURN_IF_ERROR(context->Run());
  RunResult result;
  for (size_t i = 0; i < model->description().outputs.size(); ++i) {
    const auto output = context->output(static_cast<int>(i));
    result.outputs.emplace_back(output.begin(), output.end());
    result.shapes.push_back(context->output_shape(static_cast<int>(i)));
  }
  return result;
}

absl::StatusOr<RunResult> RunModel(const std::string& file, const std::vector<Bytes>& inputs,
                                   const RunOptions& options) {
  OCTET_ASSIGN_OR_RETURN(auto model, CompileBytes(file, options));
  return RunCompiled(model, inputs, options.rows);
}

absl::Status CompileError(const std::string& file, Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return CompileBytes(file, options).status();
}

Bytes FirstOutputOrFail(const absl::StatusOr<RunResult>& result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status();
    return {};
  }
  return result->outputs.at(0);
}

}  // namespace octet::testing
