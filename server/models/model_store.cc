#include "server/models/model_store.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"
#include "server/models/repository_scan.h"

namespace octet::server {
namespace {

namespace fs = std::filesystem;

// The version to write, free at this time.
absl::StatusOr<int64_t> ChooseVersion(const std::string& directory, const std::string& name,
                                      int64_t version) {
  absl::StatusOr<ModelFiles> files = ScanModel(directory, name);
  if (absl::IsNotFound(files.status())) return version == 0 ? 1 : version;
  if (!files.ok()) return files.status();
  int64_t greatest = 0;
  for (const VersionFile& file : files->versions) {
    if (file.version == version) {
      return absl::AlreadyExistsError(
          absl::StrCat("model '", name, "' has a version ", version, " already"));
    }
    greatest = file.version;
  }
  return version == 0 ? greatest + 1 : version;
}

// A directory beside the versions that becomes one of them by its new name.
absl::Status WriteAside(const fs::path& aside, absl::string_view bytes) {
  std::error_code error;
  fs::remove_all(aside, error);  // left by a writer that was cut off
  if (!fs::create_directory(aside, error)) {
    return FileError(error.value(), "cannot make", aside.string());
  }
  absl::Status status = WriteNewFile((aside / "model.tflite").string(), bytes);
  if (status.ok()) status = SyncDirectory(aside.string());
  return status;
}

}  // namespace

absl::StatusOr<int64_t> StoreVersion(const std::string& directory, const std::string& name,
                                     int64_t version, absl::string_view bytes) {
  absl::StatusOr<int64_t> chosen = ChooseVersion(directory, name, version);
  if (!chosen.ok()) return chosen.status();
  const fs::path model = fs::path(directory) / name;
  std::error_code error;
  const bool made = fs::create_directory(model, error);
  if (error) return FileError(error.value(), "cannot make", model.string());
  const fs::path aside = model / absl::StrCat(".", *chosen, ".new");
  absl::Status status = WriteAside(aside, bytes);
  if (status.ok()) {
    fs::rename(aside, model / absl::StrCat(*chosen), error);
    if (error)
      status = FileError(error.value(), "cannot make", (model / absl::StrCat(*chosen)).string());
  }
  if (status.ok()) status = SyncDirectory(model.string());
  if (status.ok()) status = SyncDirectory(directory);
  if (!status.ok()) {
    fs::remove_all(aside, error);
    if (made) fs::remove(model, error);  // unless there is something in it by now
    return status;
  }
  return *chosen;
}

void RemoveVersion(const std::string& directory, const std::string& name, int64_t version) {
  std::error_code error;
  const fs::path model = fs::path(directory) / name;
  fs::remove_all(model / absl::StrCat(version), error);
  fs::remove(model, error);  // unless there is something else in it
}

}  // namespace octet::server
