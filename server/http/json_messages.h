// Protocol messages as JSON, as the protocol's REST form spells them.
#ifndef OCTET_SERVER_HTTP_JSON_MESSAGES_H_
#define OCTET_SERVER_HTTP_JSON_MESSAGES_H_

#include <nlohmann/json.hpp>

#include "google/protobuf/message.h"

namespace octet::server {

// Fields by the names that they have in the .proto file; numbers as numbers, 64-bit ones too;
// enumerations by name; messages that are not set are left out.
nlohmann::ordered_json MessageToJson(const google::protobuf::Message& message);

}  // namespace octet::server

#endif  // OCTET_SERVER_HTTP_JSON_MESSAGES_H_
