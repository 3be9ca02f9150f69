// The one place where the program's errors become gRPC's.
#ifndef OCTET_SERVER_SERVICES_STATUS_H_
#define OCTET_SERVER_SERVICES_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace octet::server {

// Same code; the message is cut where a client would refuse headers that long.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_STATUS_H_
