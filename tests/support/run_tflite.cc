// Runs a `.tflite` file once, for test drivers:
//   octet_run_tflite RULE MODEL INPUT... > OUTPUTS
// RULE is a rounding rule; INPUT files hold the bytes of the inputs in the file's order; the bytes
// of all outputs go to standard output, one after the other.
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "octet/engine.h"

namespace octet::testing {
namespace {

absl::StatusOr<std::string> ReadAll(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (!file || !(bytes << file.rdbuf())) return absl::NotFoundError(path);
  return bytes.str();
}

absl::Status RunFile(int argc, char** argv) {
  if (argc < 3) return absl::InvalidArgumentError("usage: octet_run_tflite RULE MODEL INPUT...");
  CompileOptions options;
  OCTET_ASSIGN_OR_RETURN(options.rounding, ParseRounding(argv[1]));
  OCTET_ASSIGN_OR_RETURN(auto model, LoadModelFile(argv[2]));
  OCTET_ASSIGN_OR_RETURN(auto compiled, CompiledModel::Compile(model, options));
  OCTET_ASSIGN_OR_RETURN(auto context, ExecutionContext::Create(compiled));
  const size_t inputs = compiled->description().inputs.size();
  if (static_cast<size_t>(argc - 3) != inputs) {
    return absl::InvalidArgumentError(absl::StrCat("the model has ", inputs, " inputs"));
  }
  for (size_t i = 0; i < inputs; ++i) {
    OCTET_ASSIGN_OR_RETURN(const std::string bytes, ReadAll(argv[3 + i]));
    const auto room = context->input(static_cast<int>(i));
    if (bytes.size() != room.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(argv[3 + i], " has ", bytes.size(), " bytes, ", room.size(), " are needed"));
    }
    std::memcpy(room.data(), bytes.data(), bytes.size());
  }
  OCTET_RETURN_IF_ERROR(context->Run());
  for (size_t i = 0; i < compiled->description().outputs.size(); ++i) {
    const auto out = context->output(static_cast<int>(i));
    std::cout.write(reinterpret_cast<const char*>(out.data()),
                    static_cast<std::streamsize>(out.size()));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace octet::testing

int main(int argc, char** argv) {
  const absl::Status status = octet::testing::RunFile(argc, argv);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
