// Errors as a person reads them.
#ifndef OCTET_CLIENT_CLI_EXPLAIN_H_
#define OCTET_CLIENT_CLI_EXPLAIN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "inference/grpc_service.pb.h"

namespace octet::client {

// "NOT_FOUND: TEXT", with control characters made visible.
std::string ErrorText(const absl::Status& status);

// Nobody listens at `address`.
absl::Status ExplainUnreachable(const absl::Status& status, absl::string_view address);

// The server does not know the model; `index` is what it knows.
absl::Status ExplainNotFound(const absl::Status& status,
                             const inference::RepositoryIndexResponse& index);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_EXPLAIN_H_
