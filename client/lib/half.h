// Reading IEEE 754 half precision, which C++20 has no type for.
#ifndef OCTET_CLIENT_LIB_HALF_H_
#define OCTET_CLIENT_LIB_HALF_H_

#include <cmath>
#include <cstdint>
#include <limits>

namespace octet::client {

// The value of a half's bits; exact.
inline double HalfToDouble(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  double magnitude;
  if (exponent == 31) {
    magnitude = fraction == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(fraction, -24);
  } else {
    magnitude = std::ldexp(1024 + fraction, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace octet::client

#endif  // OCTET_CLIENT_LIB_HALF_H_
