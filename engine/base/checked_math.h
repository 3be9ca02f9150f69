// Integer arithmetic on sizes that come from outside: it reports overflow instead of wrapping.
#ifndef OCTET_ENGINE_BASE_CHECKED_MATH_H_
#define OCTET_ENGINE_BASE_CHECKED_MATH_H_

#include <cstdint>

namespace octet {

// Each returns false, and leaves *out unspecified, where the exact result does not fit.
template <typename T>
[[nodiscard]] bool CheckedAdd(T a, T b, T* out) {
  return !__builtin_add_overflow(a, b, out);
}
template <typename T>
[[nodiscard]] bool CheckedMul(T a, T b, T* out) {
  return !__builtin_mul_overflow(a, b, out);
}

// Smallest multiple of `unit` (> 0) that is not below `value` (>= 0). The caller bounds `value`.
constexpr int64_t RoundUp(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }
constexpr int64_t CeilDiv(int64_t value, int64_t unit) { return (value + unit - 1) / unit; }

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_CHECKED_MATH_H_
