// One recorded model: a file, its inputs and TensorFlow Lite's answers (the goldens' README).
#ifndef OCTET_TESTS_CONFORMANCE_MODELS_GOLDEN_H_
#define OCTET_TESTS_CONFORMANCE_MODELS_GOLDEN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "octet/engine.h"
#include "tests/support/npy.h"

namespace octet::testing {

struct Golden {
  std::string folder;
  std::string name;  // without ".tflite"

  std::string Path(absl::string_view suffix) const;
};

// All of a folder, sorted by name.
std::vector<Golden> GoldensOf(const std::string& folder, absl::string_view suffix = ".tflite");

// TensorFlow Lite's answer under a rounding rule: the reference kernels' for `fixed_point`, the
// default path's for `float32`.
absl::StatusOr<NpyArray> Expected(const Golden& golden, Rounding rounding, int output);

// Copies the recorded inputs into a context.
absl::Status FillInputs(const Golden& golden, const CompiledModel& model,
                        ExecutionContext& context);

// Signal-to-quantization-noise ratio in decibels of two float tensors; infinite for equal ones.
double SqnrDb(absl::Span<const std::byte> got, const std::string& want);

// OK where a float output lies no further from either recorded answer than a third one would that
// lies as far from both as they from each other, with 3 dB for independence. For models in which
// one difference moves all that follows: codes found on the way, or loops.
absl::Status CheckAsCloseAsRecorded(const Golden& golden, int output,
                                    absl::Span<const std::byte> got);

// Instruction sets that are built and that this machine has.
std::vector<std::string> UsableIsas();

}  // namespace octet::testing

#endif  // OCTET_TESTS_CONFORMANCE_MODELS_GOLDEN_H_
