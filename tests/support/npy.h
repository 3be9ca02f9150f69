// Reading of `.npy` files in tests.
#ifndef OCTET_TESTS_SUPPORT_NPY_H_
#define OCTET_TESTS_SUPPORT_NPY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace octet::testing {

struct NpyArray {
  std::string descr;  // "|i1", "<f4", ...
  std::vector<int64_t> shape;
  std::string bytes;  // row-major
};

// Version 1 and 2 files in C order.
absl::StatusOr<NpyArray> ReadNpy(const std::string& path);

}  // namespace octet::testing

#endif  // OCTET_TESTS_SUPPORT_NPY_H_
