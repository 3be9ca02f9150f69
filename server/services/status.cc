#include "server/services/status.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/batching/retry_hint.h"

namespace octet::server {
namespace {

// Clients take 8 KiB of headers by default, and a byte may need three there.
constexpr size_t kMaxMessage = 2000;

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string message(status.message());
  if (message.size() > kMaxMessage) message = message.substr(0, kMaxMessage) + "...";
  // Both enumerations are numbered as the protocol numbers its codes.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message);
}

void AddRetryPushback(const absl::Status& status, grpc::CallbackServerContext& context) {
  const std::optional<int64_t> ms = RetryPushbackMs(status);
  if (ms.has_value()) context.AddTrailingMetadata("grpc-retry-pushback-ms", absl::StrCat(*ms));
}

}  // namespace octet::server
