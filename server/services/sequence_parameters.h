// A request's place in a sequence, as its parameters say it.
#ifndef OCTET_SERVER_SERVICES_SEQUENCE_PARAMETERS_H_
#define OCTET_SERVER_SERVICES_SEQUENCE_PARAMETERS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "inference/grpc_service.pb.h"
#include "server/models/sequence_table.h"

namespace octet::server {

// Nothing for a request without `sequence_id`, or with the protocol's 0 or "" for none.
// InvalidArgument for parameters of a wrong type.
absl::StatusOr<std::optional<SequenceStep>> ParseSequence(
    const inference::ModelInferRequest& request);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_SEQUENCE_PARAMETERS_H_
