// Memory that ends at a page nobody may touch: a read or write past it dies at once.
#ifndef OCTET_TESTS_KERNELS_GUARDED_BUFFER_H_
#define OCTET_TESTS_KERNELS_GUARDED_BUFFER_H_

#include <cstddef>
#include <cstring>
#include <vector>

namespace octet::kernels {

// `bytes` bytes, the last of which is the last before the guard page. Filled with `fill`.
class GuardedBuffer {
 public:
  explicit GuardedBuffer(size_t bytes, int fill = 0);
  ~GuardedBuffer();
  GuardedBuffer(GuardedBuffer&& other) noexcept;
  GuardedBuffer& operator=(GuardedBuffer&&) = delete;

  template <typename T>
  T* as() const {
    return reinterpret_cast<T*>(begin_);
  }
  size_t size() const { return size_; }

 private:
  size_t size_;
  size_t mapped_;
  char* map_;
  char* begin_;
};

template <typename T>
GuardedBuffer Guard(const std::vector<T>& values) {
  GuardedBuffer buffer(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(buffer.as<T>(), values.data(), buffer.size());
  return buffer;
}

}  // namespace octet::kernels

#endif  // OCTET_TESTS_KERNELS_GUARDED_BUFFER_H_
