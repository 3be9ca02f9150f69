// The engine's element types under the names of the inference protocol.
#ifndef OCTET_SERVER_SERVICES_DATA_TYPES_H_
#define OCTET_SERVER_SERVICES_DATA_TYPES_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "inference/model_config.pb.h"
#include "octet/tensor.h"

namespace octet::server {

// "FP32", "INT8", ...; empty for a type that the protocol cannot carry.
absl::string_view ProtocolTypeName(DataType type);
std::optional<DataType> ParseProtocolType(absl::string_view name);
inference::DataType ToConfigType(DataType type);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_DATA_TYPES_H_
