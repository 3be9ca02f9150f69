// One tensor's elements as JSON numbers.
#ifndef OCTET_SERVER_HTTP_JSON_TENSOR_H_
#define OCTET_SERVER_HTTP_JSON_TENSOR_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet::server {

// The bytes of `data`, an array of numbers or of such arrays, as elements of a datatype, row-major.
// InvalidArgument for a value that the type does not have, and for types that JSON cannot carry.
absl::StatusOr<std::string> JsonToBytes(const nlohmann::json& data, absl::string_view datatype);

// The other way; flat. BYTES are strings.
absl::StatusOr<nlohmann::ordered_json> BytesToJson(absl::string_view bytes,
                                                   absl::string_view datatype);

}  // namespace octet::server

#endif  // OCTET_SERVER_HTTP_JSON_TENSOR_H_
