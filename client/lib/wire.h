// Inference requests and answers between the library's values and the protocol's messages.
#ifndef OCTET_CLIENT_LIB_WIRE_H_
#define OCTET_CLIENT_LIB_WIRE_H_

#include "absl/status/statusor.h"
#include "inference/grpc_service.pb.h"
#include "octet_client/client.h"

namespace octet::client {

// All tensors raw.
inference::ModelInferRequest EncodeInferRequest(const InferRequest& request);

// Raw or typed contents. Errors: Internal where a tensor's bytes do not fit its shape and type,
// its type is unknown, or contents are missing.
absl::StatusOr<InferResult> DecodeInferResponse(inference::ModelInferResponse response);

}  // namespace octet::client

#endif  // OCTET_CLIENT_LIB_WIRE_H_
