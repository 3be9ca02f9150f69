#include "server/models/repository_scan.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/file.h"

namespace octet::server {
namespace {

namespace fs = std::filesystem;

constexpr char kExtension[] = ".tflite";
constexpr size_t kMaxNameLength = 128;

std::string ToString(absl::string_view text) { return std::string(text); }

// NotFound where there is nothing; PermissionDenied for a link that leaves `root`, which is
// canonical.
absl::Status CheckInside(const fs::path& root, const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  if (error) return FileError(error.value(), "cannot read", path.string());
  const auto [root_end, rest] =
      std::mismatch(root.begin(), root.end(), target.begin(), target.end());
  if (root_end != root.end()) {
    return absl::PermissionDeniedError(
        absl::StrCat(path.string(), " is a link that leaves the model repository"));
  }
  return absl::OkStatus();
}

bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

absl::Status AddVersions(const fs::path& root, const fs::path& directory,
                         std::map<int64_t, VersionFile>& versions) {
  std::error_code error;
  fs::directory_iterator it(directory, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    const absl::StatusOr<int64_t> version = ParseVersion(it->path().filename().string());
    if (!version.ok()) continue;  // labels, notes and the like may lie beside the versions
    VersionFile file{.version = *version, .path = (it->path() / "model.tflite").string()};
    file.status = CheckInside(root, file.path);
    versions[*version] = std::move(file);
  }
  if (error) return FileError(error.value(), "cannot read", directory.string());
  return absl::OkStatus();
}

ModelFiles ScanNamed(const fs::path& root, absl::string_view name) {
  ModelFiles model{.name = ToString(name)};
  if (!IsModelName(name)) {
    model.status = absl::InvalidArgumentError(
        absl::StrCat("'", name,
                     "' cannot be a model's name: letters, digits, '_', '-' and '.' can, "
                     "not first a '.', at most ",
                     kMaxNameLength));
    return model;
  }
  std::map<int64_t, VersionFile> versions;
  const fs::path file = root / absl::StrCat(name, kExtension);
  if (Exists(file)) {
    versions[1] = {.version = 1, .path = file.string(), .status = CheckInside(root, file)};
  }
  const fs::path directory = root / model.name;
  if (Exists(directory)) {
    model.status = CheckInside(root, directory);
    if (model.status.ok()) model.status = AddVersions(root, directory, versions);
    const fs::path config = directory / "config.pbtxt";
    if (model.status.ok() && Exists(config)) {
      model.config_path = config.string();
      model.status = CheckInside(root, config);
    }
  }
  for (auto& [number, version] : versions) model.versions.push_back(std::move(version));
  if (model.status.ok() && model.versions.empty()) {
    model.status = absl::NotFoundError(
        absl::StrCat(directory.string(), " has no version: expected <number>/model.tflite in it"));
  }
  return model;
}

absl::StatusOr<fs::path> CanonicalRoot(const std::string& directory) {
  std::error_code error;
  fs::path root = fs::canonical(directory, error);
  if (error) return FileError(error.value(), "cannot read model repository", directory);
  if (!fs::is_directory(root, error)) {
    return absl::NotFoundError(absl::StrCat("model repository ", directory, " is no directory"));
  }
  return root;
}

}  // namespace

bool IsModelName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxNameLength || name[0] == '.') return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
  });
}

absl::StatusOr<int64_t> ParseVersion(absl::string_view text) {
  int64_t version = 0;
  const bool digits = !text.empty() && text.size() <= 18 && text[0] != '0' &&
                      std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(text, &version)) {
    return absl::InvalidArgumentError(absl::StrCat("version '", text, "' is no positive integer"));
  }
  return version;
}

absl::StatusOr<std::vector<ModelFiles>> ScanRepository(const std::string& directory) {
  absl::StatusOr<fs::path> root = CanonicalRoot(directory);
  if (!root.ok()) return root.status();
  std::set<std::string> names;
  std::error_code error;
  fs::directory_iterator it(*root, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name[0] == '.') continue;
    std::error_code type_error;
    if (absl::EndsWith(name, kExtension)) {
      names.insert(name.substr(0, name.size() - (sizeof(kExtension) - 1)));
    } else if (it->is_directory(type_error) || it->is_symlink(type_error)) {
      names.insert(name);
    }
  }
  if (error) return FileError(error.value(), "cannot read model repository", directory);
  std::vector<ModelFiles> models;
  for (const std::string& name : names) models.push_back(ScanNamed(*root, name));
  return models;
}

absl::StatusOr<ModelFiles> ScanModel(const std::string& directory, absl::string_view name) {
  absl::StatusOr<fs::path> root = CanonicalRoot(directory);
  if (!root.ok()) return root.status();
  if (IsModelName(name) && !Exists(*root / ToString(name)) &&
      !Exists(*root / absl::StrCat(name, kExtension))) {
    return absl::NotFoundError(absl::StrCat("no model '", name, "' in the repository"));
  }
  ModelFiles model = ScanNamed(*root, name);
  if (absl::IsInvalidArgument(model.status)) return model.status;
  return model;
}

}  // namespace octet::server
