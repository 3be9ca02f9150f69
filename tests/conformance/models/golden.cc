#include "tests/conformance/models/golden.h"

#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "engine/base/status_macros.h"
#include "tests/support/goldens.h"

namespace octet::testing {

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

std::vector<std::string> UsableIsas() {
  std::vector<std::string> usable;
  for (absl::string_view isa : absl::StrSplit(BuiltIsaNames(), ',')) {
    if (CheckIsa(isa).ok()) usable.emplace_back(isa);
  }
  return usable;
}

}  // namespace octet::testing
