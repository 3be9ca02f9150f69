// Configuration files in protobuf text format.
#ifndef OCTET_SERVER_BASE_TEXT_PROTO_H_
#define OCTET_SERVER_BASE_TEXT_PROTO_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace octet::server {

// Reads `path` into `message`. NotFound, or another error of the file system; InvalidArgument with
// line and column where the text is no such message.
absl::Status ReadTextProto(const std::string& path, google::protobuf::Message* message);

}  // namespace octet::server

#endif  // OCTET_SERVER_BASE_TEXT_PROTO_H_
