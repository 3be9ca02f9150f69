#include "server/services/status.h"

#include <string>

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

}  // namespace octet::server
