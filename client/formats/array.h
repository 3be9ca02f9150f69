// What every array format reads into.
#ifndef OCTET_CLIENT_FORMATS_ARRAY_H_
#define OCTET_CLIENT_FORMATS_ARRAY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "octet_client/tensor.h"

namespace octet::client {

// Dense, row-major, little-endian.
struct Array {
  DataType type = DataType::kFp32;
  std::vector<int64_t> shape;
  std::string data;
};

}  // namespace octet::client

#endif  // OCTET_CLIENT_FORMATS_ARRAY_H_
