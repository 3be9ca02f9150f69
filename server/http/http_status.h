// gRPC's codes as HTTP's.
#ifndef OCTET_SERVER_HTTP_HTTP_STATUS_H_
#define OCTET_SERVER_HTTP_HTTP_STATUS_H_

#include "absl/status/status.h"

namespace octet::server {

// As gateways between the two usually map them.
int HttpStatus(absl::StatusCode code);

}  // namespace octet::server

#endif  // OCTET_SERVER_HTTP_HTTP_STATUS_H_
