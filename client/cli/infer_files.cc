#include "client/cli/infer_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/lib/files.h"

namespace octet::client {
namespace {

namespace fs = std::filesystem;

// What one message can carry to the server.
constexpr int64_t kMaxInputBytes = 256 << 20;

bool IsInputFile(const fs::path& path) {
  const std::string extension = absl::AsciiStrToLower(path.extension().string());
  return extension == ".npy" || extension == ".png" || extension == ".raw" || extension == ".bin";
}

absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (IsInputFile(entry->path())) files.push_back(entry->path().string());
  }
  if (error) return absl::ErrnoToStatus(error.value(), folder);
  if (files.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": holds no .npy, .png, .raw or .bin file"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string InputNames(const std::vector<InputSpec>& specs) {
  return absl::StrJoin(specs, ", ", [](std::string* out, const InputSpec& spec) {
    absl::StrAppend(out, "'", spec.name, "'");
  });
}

absl::StatusOr<std::vector<InferJob>> PlanNamed(const InferArguments& arguments,
                                                const std::vector<InputSpec>& specs) {
  std::set<std::string> missing;
  for (const InputSpec& spec : specs) missing.insert(spec.name);
  for (const auto& input : arguments.inputs) {
    if (missing.erase(input.first) == 0) {
      return absl::InvalidArgumentError(absl::StrCat("--input ", input.first,
                                                     ": given twice, or no input of the model; "
                                                     "it takes ",
                                                     InputNames(specs)));
    }
  }
  if (!missing.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--input ", *missing.begin(), "=FILE is missing; the model takes ", InputNames(specs)));
  }
  return std::vector<InferJob>{{"", arguments.inputs}};
}

std::string FileNamePart(absl::string_view text) {
  std::string part;
  for (char c : text) {
    const bool plain = absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
    part += plain ? c : '_';
  }
  return part;
}

}  // namespace

absl::StatusOr<std::vector<InferJob>> PlanJobs(const InferArguments& arguments,
                                               const std::vector<InputSpec>& specs) {
  if (!arguments.inputs.empty()) return PlanNamed(arguments, specs);
  if (specs.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("the model has ", specs.size(), " inputs (",
                                                   InputNames(specs),
                                                   "): give each with --input NAME=FILE"));
  }
  std::vector<InferJob> jobs;
  for (const std::string& path : arguments.files) {
    std::vector<std::string> files = {path};
    std::error_code error;
    if (fs::is_directory(path, error)) {
      auto found = FilesIn(path);
      if (!found.ok()) return found.status();
      files = *std::move(found);
    }
    for (const std::string& file : files) jobs.push_back({file, {{specs[0].name, file}}});
  }
  return jobs;
}

absl::StatusOr<std::vector<Tensor>> LoadInputs(const InferJob& job,
                                               const std::vector<InputSpec>& specs,
                                               std::optional<PixelRange> range) {
  std::vector<Tensor> tensors;
  for (const auto& file : job.files) {
    const std::string& path = file.second;
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [&](const InputSpec& each) { return each.name == file.first; });
    auto bytes = ReadFile(path, kMaxInputBytes);
    if (!bytes.ok()) return bytes.status();
    auto tensor = BindFile(*std::move(bytes), *spec, range);
    if (!tensor.ok()) {
      return absl::Status(tensor.status().code(),
                          absl::StrCat(path, ": ", tensor.status().message()));
    }
    tensors.push_back(*std::move(tensor));
  }
  return tensors;
}

std::string OutputNames::Next(const std::string& title, const std::string& output) {
  std::string stem = fs::path(title).stem().string();
  if (!stem.empty()) stem += '.';
  const std::string base = FileNamePart(absl::StrCat(stem, output));
  std::string name = base;
  for (int i = 2; !used_.insert(name).second; ++i) name = absl::StrCat(base, "-", i);
  return (fs::path(dir_) / absl::StrCat(name, ".npy")).string();
}

}  // namespace octet::client
