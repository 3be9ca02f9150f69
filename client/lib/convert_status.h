// gRPC's status as Abseil's: same code, same text.
#ifndef OCTET_CLIENT_LIB_CONVERT_STATUS_H_
#define OCTET_CLIENT_LIB_CONVERT_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace octet::client {

inline absl::Status ToAbslStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace octet::client

#endif  // OCTET_CLIENT_LIB_CONVERT_STATUS_H_
