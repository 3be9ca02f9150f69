// What lies in a model repository.
//
//   DIR/<model>/<version>/model.tflite   versions are positive integers
//   DIR/<model>/config.pbtxt             optional; octet.v1.ModelSettings
//   DIR/<model>.tflite                   the same as DIR/<model>/1/model.tflite
#ifndef OCTET_SERVER_MODELS_REPOSITORY_SCAN_H_
#define OCTET_SERVER_MODELS_REPOSITORY_SCAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet::server {

struct VersionFile {
  int64_t version = 0;
  std::string path;
  absl::Status status;  // why it cannot be loaded, where that shows without reading it
  std::shared_ptr<const std::string> bytes;  // in place of what lies at `path`; else null
};

struct ModelFiles {
  std::string name;
  std::vector<VersionFile> versions;  // ascending
  std::string config_path;            // empty where there is none
  absl::Status status;                // why none of it can be loaded
};

// Letters, digits, '_', '-' and '.', the first no '.', at most 128: safe as one part of a path.
bool IsModelName(absl::string_view name);

// "1" and greater, without sign, leading zeros or more than 18 digits; InvalidArgument otherwise.
absl::StatusOr<int64_t> ParseVersion(absl::string_view text);

// Everything in `directory`, by name. What begins with '.' is passed over; what is broken is listed
// with its status. Symbolic links may point anywhere inside `directory`; those that leave it are
// refused. NotFound or another error where the directory itself cannot be read.
absl::StatusOr<std::vector<ModelFiles>> ScanRepository(const std::string& directory);

// One model of it. Also NotFound for one that is not there, InvalidArgument for an impossible name.
absl::StatusOr<ModelFiles> ScanModel(const std::string& directory, absl::string_view name);

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_REPOSITORY_SCAN_H_
