// Models that come in a request.
#ifndef OCTET_SERVER_SERVICES_MODEL_OVERRIDE_H_
#define OCTET_SERVER_SERVICES_MODEL_OVERRIDE_H_

#include "absl/status/statusor.h"
#include "inference/grpc_service.pb.h"
#include "server/models/repository.h"

namespace octet::server {

// What the parameters of a load put in place of files, named in proto/inference/grpc_service.proto;
// nothing where there are none. PermissionDenied where there are some and `allowed` is false;
// InvalidArgument for those that make no sense.
absl::StatusOr<ModelOverride> ParseModelOverride(
    const inference::RepositoryModelLoadRequest& request, bool allowed);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_MODEL_OVERRIDE_H_
