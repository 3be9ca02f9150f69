#include "server/models/directory_events.h"

#include <linux/magic.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"

namespace octet::server {
namespace {

constexpr uint32_t kChanges =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR;

// File systems that others may write to; some of their numbers are in no header.
constexpr uint32_t kSharedFileSystems[] = {
    NFS_SUPER_MAGIC,     SMB_SUPER_MAGIC,     V9FS_MAGIC,          AFS_SUPER_MAGIC,
    CODA_SUPER_MAGIC,    NCP_SUPER_MAGIC,     OCFS2_SUPER_MAGIC,   FUSE_SUPER_MAGIC,
    0xFF534D42 /*cifs*/, 0xFE534D42 /*smb2*/, 0x00C36400 /*ceph*/, 0x0BD00BD0 /*lustre*/,
    0x01161970 /*gfs2*/};

bool IsShared(const std::string& directory) {
  struct statfs info;
  if (statfs(directory.c_str(), &info) != 0) return false;
  for (const uint32_t type : kSharedFileSystems) {
    if (static_cast<uint32_t>(info.f_type) == type) return true;
  }
  return false;
}

absl::Status LimitReached(int error) {
  return absl::ResourceExhaustedError(absl::StrCat("changes cannot be watched: ", strerror(error)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DirectoryEvents>> DirectoryEvents::Create(const std::string& root) {
  if (IsShared(root)) {
    return absl::UnimplementedError("changes on a shared file system cannot be watched");
  }
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return LimitReached(errno);
  return std::unique_ptr<DirectoryEvents>(new DirectoryEvents(fd));
}

DirectoryEvents::~DirectoryEvents() { close(fd_); }

absl::StatusOr<bool> DirectoryEvents::Watch(const std::string& directory) {
  const int watch = inotify_add_watch(fd_, directory.c_str(), kChanges);
  if (watch >= 0) return watches_.insert(watch).second;
  if (errno == ENOSPC || errno == ENOMEM) return LimitReached(errno);
  return false;
}

void DirectoryEvents::Clear() {
  alignas(inotify_event) char buffer[4096];
  ssize_t got;
  while ((got = read(fd_, buffer, sizeof(buffer))) > 0) {
    for (ssize_t at = 0; at < got;) {
      const auto* const event = reinterpret_cast<const inotify_event*>(buffer + at);
      if ((event->mask & IN_IGNORED) != 0) watches_.erase(event->wd);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

}  // namespace octet::server
