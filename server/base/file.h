// Whole files in and out.
#ifndef OCTET_SERVER_BASE_FILE_H_
#define OCTET_SERVER_BASE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet::server {

// The status of a failed system call: "WHAT PATH: No such file or directory".
absl::Status FileError(int error_number, absl::string_view what, absl::string_view path);

// NotFound, PermissionDenied and other errors of the file system; DataLoss for a file that becomes
// shorter meanwhile. Never mapped: deploy/adr/0007-reading-models.md says why.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

// Writes a new file and its bytes through to the disk. AlreadyExists where there is one.
absl::Status WriteNewFile(const std::string& path, absl::string_view bytes);

// Makes names that were added to or moved in a directory last over a power cut.
absl::Status SyncDirectory(const std::string& path);

}  // namespace octet::server

#endif  // OCTET_SERVER_BASE_FILE_H_
