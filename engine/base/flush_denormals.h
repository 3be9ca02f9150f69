// Numbers below 2^-126 as zero.
#ifndef OCTET_ENGINE_BASE_FLUSH_DENORMALS_H_
#define OCTET_ENGINE_BASE_FLUSH_DENORMALS_H_

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace octet {

// While it lives, this thread's float operations read and give zero for subnormal numbers, which
// processors otherwise handle a hundred times slower: a model's speed must not depend on its data.
// Every thread that computes has one, so that all threads give the same bits.
class ScopedFlushDenormals {
 public:
#if defined(__x86_64__)
  ScopedFlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | kFlush); }
  ~ScopedFlushDenormals() { _mm_setcsr(saved_); }
#elif defined(__aarch64__)
  ScopedFlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" ::"r"(saved_ | kFlush));
  }
  ~ScopedFlushDenormals() { asm volatile("msr fpcr, %0" ::"r"(saved_)); }
#else
#error "this architecture's way to flush subnormal numbers is not written down here"
#endif
  ScopedFlushDenormals(const ScopedFlushDenormals&) = delete;
  ScopedFlushDenormals& operator=(const ScopedFlushDenormals&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr uint32_t kFlush = 0x8040;  // MXCSR: flush to zero, denormals are zeros
  uint32_t saved_;
#elif defined(__aarch64__)
  static constexpr uint64_t kFlush = uint64_t{1} << 24;  // FPCR.FZ
  uint64_t saved_;
#endif
};

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_FLUSH_DENORMALS_H_
