// The system's word that directories have changed.
#ifndef OCTET_SERVER_MODELS_DIRECTORY_EVENTS_H_
#define OCTET_SERVER_MODELS_DIRECTORY_EVENTS_H_

#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace octet::server {

// Files that are added, removed, renamed or written in the watched directories. Used by one thread.
class DirectoryEvents {
 public:
  // Unimplemented where changes of `root` may come from other machines, of which the system does
  // not know; ResourceExhausted where the user's limit of watches is reached.
  static absl::StatusOr<std::unique_ptr<DirectoryEvents>> Create(const std::string& root);
  ~DirectoryEvents();
  DirectoryEvents(const DirectoryEvents&) = delete;
  DirectoryEvents& operator=(const DirectoryEvents&) = delete;

  // Whether the directory was not watched before. One that is not there is passed over.
  absl::StatusOr<bool> Watch(const std::string& directory);

  // Readable once something has changed.
  int descriptor() const { return fd_; }
  // Forgets what has changed so far.
  void Clear();

 private:
  explicit DirectoryEvents(int fd) : fd_(fd) {}

  const int fd_;
  std::set<int> watches_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_DIRECTORY_EVENTS_H_
