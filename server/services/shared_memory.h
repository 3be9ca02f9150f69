// Memory that clients on the same machine share with the daemon, instead of sending tensors.
#ifndef OCTET_SERVER_SERVICES_SHARED_MEMORY_H_
#define OCTET_SERVER_SERVICES_SHARED_MEMORY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace octet::server {

// Part of a POSIX shared memory object. It is read and written as a file is, never mapped: an
// object that its owner has shrunk gives an error, where a mapping would end the daemon.
// Thread-safe.
class SharedMemoryRegion {
 public:
  // As shm_open takes it: "/name" or "name". InvalidArgument for a key that makes no sense or a
  // part that is not within the object, NotFound, PermissionDenied.
  static absl::StatusOr<std::shared_ptr<const SharedMemoryRegion>> Open(const std::string& key,
                                                                        uint64_t offset,
                                                                        uint64_t byte_size);
  ~SharedMemoryRegion();
  SharedMemoryRegion(const SharedMemoryRegion&) = delete;
  SharedMemoryRegion& operator=(const SharedMemoryRegion&) = delete;

  const std::string& key() const { return key_; }
  uint64_t offset() const { return offset_; }
  uint64_t byte_size() const { return byte_size_; }

  // Whether [offset, offset + size) lies within the region; InvalidArgument where not.
  absl::Status CheckPart(int64_t offset, int64_t size) const;
  // A copy of such a part. InvalidArgument where the object has become too small for it.
  absl::StatusOr<std::string> Read(int64_t offset, int64_t size) const;
  absl::Status Write(int64_t offset, absl::string_view bytes) const;

 private:
  SharedMemoryRegion(int fd, std::string key, uint64_t offset, uint64_t byte_size);
  absl::Status ShrunkError() const;

  const int fd_;
  const std::string key_;
  const uint64_t offset_;
  const uint64_t byte_size_;
};

using SharedMemoryHandle = std::shared_ptr<const SharedMemoryRegion>;

// The regions that clients have registered, by name. Thread-safe.
class SharedMemory {
 public:
  static constexpr size_t kMaxRegions = 1024;

  // Also AlreadyExists for a name that is taken, ResourceExhausted past kMaxRegions.
  absl::Status Register(const std::string& name, const std::string& key, uint64_t offset,
                        uint64_t byte_size);
  // All regions where `name` is empty; without effect where there is none. Requests that use a
  // region finish with it.
  void Unregister(const std::string& name);
  // InvalidArgument where there is none.
  absl::StatusOr<SharedMemoryHandle> Find(const std::string& name) const;
  std::map<std::string, SharedMemoryHandle> List() const;

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, SharedMemoryHandle> regions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_SHARED_MEMORY_H_
