// ModelStreamInfer: many inferences over one call.
#ifndef OCTET_SERVER_SERVICES_STREAM_INFER_H_
#define OCTET_SERVER_SERVICES_STREAM_INFER_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "inference/grpc_service.pb.h"
#include "server/services/infer_call.h"

namespace octet::server {

// Requests run side by side; their answers come in the order of the requests, with their ids. When
// the client has sent its last request, the call ends with the last answer. A stateful model goes
// on from request to request of one stream, in their order, and starts afresh in each stream. What
// is wrong with one request is told in its answer and does not end the call. Reading pauses while
// many requests of the call are under way. Owns itself.
grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
NewStreamInfer(const InferEnvironment& environment, grpc::CallbackServerContext* context);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_STREAM_INFER_H_
