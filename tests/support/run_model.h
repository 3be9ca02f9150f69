// Runs a `.tflite` file over the engine's public face: bytes and input values in, values out.
#ifndef OCTET_TESTS_SUPPORT_RUN_MODEL_H_
#define OCTET_TESTS_SUPPORT_RUN_MODEL_H_

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "octet/engine.h"

namespace octet::testing {

using Bytes = std::vector<std::byte>;

template <typename T>
Bytes ToBytes(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <typename T>
std::vector<T> FromBytes(const Bytes& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

struct RunOptions {
  Rounding rounding = Rounding::kFloat32;
  std::string isa = "auto";
  int threads = 1;  // of a pool of the run's own; 1: none
  int rows = 1;
};

// LoadModel and Compile.
absl::StatusOr<std::shared_ptr<const CompiledModel>> CompileBytes(const std::string& file,
                                                                  const RunOptions& options = {});

struct RunResult {
  std::vector<Bytes> outputs;
  std::vector<Shape> shapes;  // of the outputs
};

// One run in a new context. InvalidArgument where `inputs` have not the model's sizes.
absl::StatusOr<RunResult> RunCompiled(std::shared_ptr<const CompiledModel> model,
                                      const std::vector<Bytes>& inputs, int rows = 1);

absl::StatusOr<RunResult> RunModel(const std::string& file, const std::vector<Bytes>& inputs,
                                   const RunOptions& options = {});

// Values of the first output of a model whose inputs are all of type `In`; an error is a failure of
// the calling test, and gives no values.
template <typename Out, typename In>
std::vector<Out> RunValues(const std::string& file, const std::vector<std::vector<In>>& inputs,
                           const RunOptions& options = {});

// What compiling says where it must fail; OK where it does not.
absl::Status CompileError(const std::string& file, Rounding rounding = Rounding::kFloat32);

// Both rules, for tests of what they have in common.
inline constexpr Rounding kBothRules[] = {Rounding::kFloat32, Rounding::kFixedPoint};

// Reports an error as a failure of the calling test; gives the first output otherwise.
Bytes FirstOutputOrFail(const absl::StatusOr<RunResult>& result);

template <typename Out, typename In>
std::vector<Out> RunValues(const std::string& file, const std::vector<std::vector<In>>& inputs,
                           const RunOptions& options) {
  std::vector<Bytes> bytes;
  for (const std::vector<In>& input : inputs) bytes.push_back(ToBytes(input));
  return FromBytes<Out>(FirstOutputOrFail(RunModel(file, bytes, options)));
}

}  // namespace octet::testing

#endif  // OCTET_TESTS_SUPPORT_RUN_MODEL_H_
