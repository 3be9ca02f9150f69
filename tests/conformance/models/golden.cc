#include "tests/conformance/models/golden.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "engine/base/status_macros.h"
#include "tests/support/goldens.h"

namespace octet::testing {
namespace {

float FloatAt(const char* bytes, size_t i) {
  float value;
  std::memcpy(&value, bytes + i * sizeof(value), sizeof(value));
  return value;
}

absl::Span<const std::byte> AsBytes(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace

std::string Golden::Path(absl::string_view suffix) const {
  return absl::StrCat(folder, "/", name, suffix);
}

std::vector<Golden> GoldensOf(const std::string& folder, absl::string_view suffix) {
  constexpr absl::string_view kExtension = ".tflite";
  std::vector<Golden> goldens;
  for (const std::string& file : FilesEndingIn(folder, std::string(suffix))) {
    goldens.push_back({folder, file.substr(0, file.size() - kExtension.size())});
  }
  return goldens;
}

absl::StatusOr<NpyArray> Expected(const Golden& golden, Rounding rounding, int output) {
  const std::string xnn = golden.Path(absl::StrCat(".xnn", output, ".npy"));
  if (rounding == Rounding::kFloat32 && std::filesystem::exists(xnn)) return ReadNpy(xnn);
  return ReadNpy(golden.Path(absl::StrCat(".out", output, ".npy")));
}

absl::Status FillInputs(const Golden& golden, const CompiledModel& model,
                        ExecutionContext& context) {
  for (size_t i = 0; i < model.description().inputs.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const NpyArray array,
                           ReadNpy(golden.Path(absl::StrCat(".in", i, ".npy"))));
    if (array.bytes.size() != context.input(i).size()) {
      return absl::InternalError(absl::StrCat(golden.name, ": input ", i, " has ",
                                              context.input(i).size(), " bytes, ",
                                              array.bytes.size(), " are recorded"));
    }
    std::memcpy(context.input(i).data(), array.bytes.data(), array.bytes.size());
  }
  return absl::OkStatus();
}

double SqnrDb(absl::Span<const std::byte> got, const std::string& want) {
  double signal = 0;
  double noise = 0;
  for (size_t i = 0; i < want.size() / sizeof(float); ++i) {
    const double w = FloatAt(want.data(), i);
    const double g = FloatAt(reinterpret_cast<const char*>(got.data()), i);
    signal += w * w;
    noise += (g - w) * (g - w);
  }
  return noise == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(signal / noise);
}

absl::Status CheckAsCloseAsRecorded(const Golden& golden, int output,
                                    absl::Span<const std::byte> got) {
  OCTET_ASSIGN_OR_RETURN(const NpyArray usual, Expected(golden, Rounding::kFloat32, output));
  OCTET_ASSIGN_OR_RETURN(const NpyArray reference, Expected(golden, Rounding::kFixedPoint, output));
  const double needed = SqnrDb(AsBytes(usual.bytes), reference.bytes) - 3;
  const double to_usual = SqnrDb(got, usual.bytes);
  const double to_reference = SqnrDb(got, reference.bytes);
  if (to_usual >= needed && to_reference >= needed) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(to_usual, " dB to the default path's answer, ",
                                          to_reference, " dB to the reference kernels'; ", needed,
                                          " dB are needed"));
}

std::vector<std::string> UsableIsas() {
  std::vector<std::string> usable;
  for (absl::string_view isa : absl::StrSplit(BuiltIsaNames(), ',')) {
    if (CheckIsa(isa).ok()) usable.emplace_back(isa);
  }
  return usable;
}

}  // namespace octet::testing
