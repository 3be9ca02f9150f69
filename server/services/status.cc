#include "server/services/status.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/rpc/retry_info.pb.h"
#include "server/batching/retry_hint.h"

namespace octet::server {
namespace {

// Clients take 8 KiB of headers by default, and a byte may need three there.
constexpr size_t kMaxMessage = 2000;

// The serialized google.rpc.Status of an error that may be retried; empty for others.
std::string RetryDetails(const absl::Status& status, const std::string& message) {
  const std::optional<int64_t> ms = RetryPushbackMs(status);
  if (!ms.has_value() || *ms < 0) return "";
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(*ms / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(*ms % 1000) * 1'000'000);
  google::rpc::Status details;
  details.set_code(static_cast<int32_t>(status.code()));
  details.set_message(message);
  details.add_details()->PackFrom(retry);
  return details.SerializeAsString();
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string message(status.message());
  if (message.size() > kMaxMessage) message = message.substr(0, kMaxMessage) + "...";
  // Both enumerations are numbered as the protocol numbers its codes.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  return grpc::Status(code, message, RetryDetails(status, message));
}

void AddRetryPushback(const absl::Status& status, grpc::CallbackServerContext& context) {
  const std::optional<int64_t> ms = RetryPushbackMs(status);
  if (ms.has_value()) context.AddTrailingMetadata("grpc-retry-pushback-ms", absl::StrCat(*ms));
}

}  // namespace octet::server
