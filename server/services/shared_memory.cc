#include "server/services/shared_memory.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"

namespace octet::server {
namespace {

template <typename... Text>
absl::Status Wrong(const Text&... text) {
  return absl::InvalidArgumentError(absl::StrCat(text...));
}

// The name of an object and nothing else: no way to another file.
absl::Status CheckKey(absl::string_view key) {
  absl::string_view name = key;
  if (!name.empty() && name[0] == '/') name.remove_prefix(1);
  const bool good = !name.empty() && name != "." && name != ".." && name.size() < NAME_MAX &&
                    name.find('/') == absl::string_view::npos &&
                    name.find('\0') == absl::string_view::npos;
  if (good) return absl::OkStatus();
  return Wrong("key '", key, "' names no shared memory object: '/name' does, without another '/'");
}

bool EndsWithin(uint64_t offset, uint64_t size, uint64_t whole) {
  return size <= whole && offset <= whole - size;
}

absl::StatusOr<uint64_t> SizeOf(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size < 0) {
    return absl::InvalidArgumentError("not a shared memory object");
  }
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace

SharedMemoryRegion::SharedMemoryRegion(int fd, std::string key, uint64_t offset, uint64_t byte_size)
    : fd_(fd), key_(std::move(key)), offset_(offset), byte_size_(byte_size) {}

SharedMemoryRegion::~SharedMemoryRegion() { close(fd_); }

absl::StatusOr<SharedMemoryHandle> SharedMemoryRegion::Open(const std::string& key, uint64_t offset,
                                                            uint64_t byte_size) {
  if (absl::Status check = CheckKey(key); !check.ok()) return check;
  const int fd = shm_open(key.c_str(), O_RDWR, 0);
  if (fd < 0) return FileError(errno, "cannot open shared memory", key);
  SharedMemoryHandle region(new SharedMemoryRegion(fd, key, offset, byte_size));
  const absl::StatusOr<uint64_t> size = SizeOf(fd);
  if (!size.ok()) return Wrong("key '", key, "': ", size.status().message());
  if (byte_size == 0 || !EndsWithin(offset, byte_size, *size)) {
    return Wrong("byte_size ", byte_size, " at offset ", offset, " is not within the ", *size,
                 " bytes of shared memory '", key, "'");
  }
  return region;
}

absl::Status SharedMemoryRegion::CheckPart(int64_t offset, int64_t size) const {
  if (offset >= 0 && size >= 0 && EndsWithin(offset, size, byte_size_)) return absl::OkStatus();
  return Wrong("shared_memory_byte_size ", size, " at shared_memory_offset ", offset,
               " is not within the region's ", byte_size_, " bytes");
}

absl::Status SharedMemoryRegion::ShrunkError() const {
  return Wrong("shared memory '", key_, "' has become smaller than it was when it was registered");
}

absl::StatusOr<std::string> SharedMemoryRegion::Read(int64_t offset, int64_t size) const {
  if (absl::Status check = CheckPart(offset, size); !check.ok()) return check;
  const absl::StatusOr<uint64_t> whole = SizeOf(fd_);
  if (!whole.ok() || !EndsWithin(offset_ + offset, size, *whole)) return ShrunkError();
  std::string bytes(size, '\0');
  int64_t done = 0;
  while (done < size) {
    const ssize_t got =
        pread(fd_, bytes.data() + done, size - done, static_cast<off_t>(offset_ + offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return ShrunkError();
    done += got;
  }
  return bytes;
}

absl::Status SharedMemoryRegion::Write(int64_t offset, absl::string_view bytes) const {
  if (absl::Status check = CheckPart(offset, static_cast<int64_t>(bytes.size())); !check.ok()) {
    return check;
  }
  // Writing past the end would make the object grow again.
  const absl::StatusOr<uint64_t> whole = SizeOf(fd_);
  if (!whole.ok() || !EndsWithin(offset_ + offset, bytes.size(), *whole)) return ShrunkError();
  uint64_t at = offset_ + offset;
  while (!bytes.empty()) {
    const ssize_t put = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return FileError(errno, "cannot write shared memory", key_);
    bytes.remove_prefix(put);
    at += put;
  }
  return absl::OkStatus();
}

absl::Status SharedMemory::Register(const std::string& name, const std::string& key,
                                    uint64_t offset, uint64_t byte_size) {
  if (name.empty()) return Wrong("name is empty: a region needs one");
  absl::StatusOr<SharedMemoryHandle> region = SharedMemoryRegion::Open(key, offset, byte_size);
  if (!region.ok()) return region.status();
  absl::MutexLock lock(&mutex_);
  if (regions_.size() >= kMaxRegions) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kMaxRegions, " shared memory regions are registered, which is the limit"));
  }
  if (!regions_.emplace(name, *std::move(region)).second) {
    return absl::AlreadyExistsError(
        absl::StrCat("shared memory region '", name, "' is registered already"));
  }
  return absl::OkStatus();
}

void SharedMemory::Unregister(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  if (name.empty()) {
    regions_.clear();
  } else {
    regions_.erase(name);
  }
}

absl::StatusOr<SharedMemoryHandle> SharedMemory::Find(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  const auto found = regions_.find(name);
  if (found == regions_.end()) {
    return Wrong("shared memory region '", name, "' is not registered");
  }
  return found->second;
}

std::map<std::string, SharedMemoryHandle> SharedMemory::List() const {
  absl::MutexLock lock(&mutex_);
  return regions_;
}

}  // namespace octet::server
