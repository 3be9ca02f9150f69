// Whole files, bounded.
#ifndef OCTET_CLIENT_LIB_FILES_H_
#define OCTET_CLIENT_LIB_FILES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet::client {

// Errors, all with the path: NotFound; PermissionDenied; InvalidArgument where it is a folder;
// ResourceExhausted beyond `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes);

// Writes beside `path` and renames, so that a reader never sees half of it.
absl::Status WriteFile(const std::string& path, absl::string_view bytes);

}  // namespace octet::client

#endif  // OCTET_CLIENT_LIB_FILES_H_
