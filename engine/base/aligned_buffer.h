// Owned memory that starts on a cache line, as vector loads and tile loads like it.
#ifndef OCTET_ENGINE_BASE_ALIGNED_BUFFER_H_
#define OCTET_ENGINE_BASE_ALIGNED_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace octet {

inline constexpr size_t kBufferAlignment = 64;

// Zero-initialized, 64-byte aligned bytes. Null where the memory could not be had.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t bytes) : size_(bytes) {
    if (bytes == 0 || bytes > SIZE_MAX - kBufferAlignment) return;
    const size_t rounded = (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
    data_.reset(static_cast<std::byte*>(std::aligned_alloc(kBufferAlignment, rounded)));
    if (data_ != nullptr) std::memset(data_.get(), 0, rounded);
  }

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  size_t size() const { return size_; }
  // False where an allocation of a non-zero size failed.
  bool ok() const { return size_ == 0 || data_ != nullptr; }

  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data_.get());
  }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_.get());
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
};

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_ALIGNED_BUFFER_H_
