// Parameters of single inputs and outputs of a request.
#ifndef OCTET_SERVER_SERVICES_TENSOR_PARAMETERS_H_
#define OCTET_SERVER_SERVICES_TENSOR_PARAMETERS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "inference/grpc_service.pb.h"
#include "server/services/shared_memory.h"

namespace octet::server {

using InferParameters = google::protobuf::Map<std::string, inference::InferParameter>;

// Where a tensor lies, within its region.
struct SharedMemoryPart {
  std::string region_name;
  SharedMemoryHandle region;
  int64_t offset = 0;
  int64_t byte_size = 0;
};

// False where the parameter is absent; InvalidArgument for another type.
absl::StatusOr<bool> BoolParameter(const InferParameters& parameters, const std::string& key);

// Nothing where the parameter is absent; InvalidArgument for another type.
absl::StatusOr<std::optional<int64_t>> IntParameter(const InferParameters& parameters,
                                                    const std::string& key);

// Whether `key` is one of those that ParseSharedMemory reads.
bool IsSharedMemoryParameter(const std::string& key);

// Whether `key` belongs to the protocol's REST form. Clients that speak both forms send it in
// either; in a message, where contents have fields of their own, it says nothing.
bool IsRestParameter(const std::string& key);

// Nothing where the parameters name no region. `memory` is null where shared memory is not served:
// Unimplemented. InvalidArgument for an unknown region or a part that is not within it.
absl::StatusOr<std::optional<SharedMemoryPart>> ParseSharedMemory(const InferParameters& parameters,
                                                                  const SharedMemory* memory);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_TENSOR_PARAMETERS_H_
