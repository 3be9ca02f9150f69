// New versions in a model repository.
#ifndef OCTET_SERVER_MODELS_MODEL_STORE_H_
#define OCTET_SERVER_MODELS_MODEL_STORE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet::server {

// Writes `bytes` as DIR/<name>/<version>/model.tflite; version 0 takes the number after the
// greatest there. The version appears at once and whole, or not at all, also over a power cut.
// InvalidArgument for an impossible name, AlreadyExists, PermissionDenied where `directory` is
// read-only, other errors of the file system. One caller at a time.
absl::StatusOr<int64_t> StoreVersion(const std::string& directory, const std::string& name,
                                     int64_t version, absl::string_view bytes);

// Takes back what StoreVersion did.
void RemoveVersion(const std::string& directory, const std::string& name, int64_t version);

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_MODEL_STORE_H_
