#include "client/lib/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace octet::client {
namespace {

absl::Status FileError(const std::string& path, int error) {
  return absl::ErrnoToStatus(error, path);
}

absl::Status WriteAll(int file, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError(path, errno);
    bytes.remove_prefix(written);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return FileError(path, errno);
  absl::Cleanup closer = [file] { close(file); };
  struct stat info;
  if (fstat(file, &info) != 0) return FileError(path, errno);
  if (S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a folder, not a file"));
  }
  std::string bytes;
  if (S_ISREG(info.st_mode) && info.st_size <= max_bytes) bytes.reserve(info.st_size);
  // Pipes have no size before they end, so the bound is kept while reading.
  constexpr size_t kStep = 1 << 20;
  while (true) {
    const size_t done = bytes.size();
    bytes.resize(done + kStep);
    const ssize_t got = read(file, bytes.data() + done, kStep);
    bytes.resize(done + (got > 0 ? got : 0));
    if (got < 0 && errno != EINTR) return FileError(path, errno);
    if (got == 0) return bytes;
    if (static_cast<int64_t>(bytes.size()) > max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": is larger than ", max_bytes, " bytes"));
    }
  }
}

absl::Status WriteFile(const std::string& path, absl::string_view bytes) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".part");
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return FileError(path, errno);
  absl::Status status = WriteAll(file, bytes, path);
  if (close(file) != 0) status.Update(FileError(path, errno));
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = FileError(path, errno);
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace octet::client
