// The greatest elements of an output, as text.
#ifndef OCTET_SERVER_SERVICES_CLASSIFICATION_H_
#define OCTET_SERVER_SERVICES_CLASSIFICATION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "octet/tensor.h"

namespace octet::server {

// Integers and FP32 and FP64.
bool IsClassifiable(DataType type);

// "value:index" of the `classes` greatest of `elements` values of `type` at `values` (of any
// alignment), the greatest first; of equal ones, the lower index first; NaN last. Requires
// `classes` <= `elements` and IsClassifiable.
std::vector<std::string> FindClasses(const std::byte* values, int64_t elements, DataType type,
                                     int64_t classes);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_CLASSIFICATION_H_
