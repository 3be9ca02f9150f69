#include "tests/kernels/guarded_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace octet::kernels {

GuardedBuffer::GuardedBuffer(size_t bytes, int fill) : size_(bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t usable = (bytes + page - 1) / page * page;
  mapped_ = usable + page;
  void* map = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) std::abort();
  map_ = static_cast<char*>(map);
  begin_ = map_ + usable - bytes;
  if (mprotect(map_ + usable, page, PROT_NONE) != 0) std::abort();
  std::memset(begin_, fill, bytes);
}

GuardedBuffer::GuardedBuffer(GuardedBuffer&& other) noexcept
    : size_(other.size_),
      mapped_(other.mapped_),
      map_(std::exchange(other.map_, nullptr)),
      begin_(other.begin_) {}

GuardedBuffer::~GuardedBuffer() {
  if (map_ != nullptr) munmap(map_, mapped_);
}

}  // namespace octet::kernels
