// The one place where the program's errors become gRPC's.
#ifndef OCTET_SERVER_SERVICES_STATUS_H_
#define OCTET_SERVER_SERVICES_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"

namespace octet::server {

// Same code; the message is cut where a client would refuse headers that long. A retry hint
// (retry_hint.h) becomes a google.rpc.RetryInfo in the status details, unless it says never.
grpc::Status ToGrpcStatus(const absl::Status& status);

// Sends the retry hint of a refusal, if it has one, as trailing metadata `grpc-retry-pushback-ms`.
// Before the call is finished.
void AddRetryPushback(const absl::Status& status, grpc::CallbackServerContext& context);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_STATUS_H_
