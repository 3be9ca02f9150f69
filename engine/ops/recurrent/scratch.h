// Division of an operator's scratch memory into arrays.
#ifndef OCTET_ENGINE_OPS_RECURRENT_SCRATCH_H_
#define OCTET_ENGINE_OPS_RECURRENT_SCRATCH_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/checked_math.h"

namespace octet::ops {

// Hands out arrays one after the other, each aligned to 64 bytes. Without memory it only counts, so
// that one function states a layout both for its size and for its use.
class ScratchLayout {
 public:
  explicit ScratchLayout(std::byte* memory) : memory_(memory) {}

  template <typename T>
  T* Take(int64_t count) {
    std::byte* begin = memory_ == nullptr ? nullptr : memory_ + bytes_;
    bytes_ += RoundUp(count * sizeof(T), 64);
    return reinterpret_cast<T*>(begin);
  }
  size_t bytes() const { return bytes_; }

 private:
  std::byte* memory_;
  size_t bytes_ = 0;
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_RECURRENT_SCRATCH_H_
