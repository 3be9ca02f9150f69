#include "server/services/status.h"

#include <string>

#include "gtest/gtest.h"

namespace octet::server {
namespace {

TEST(ToGrpcStatus, KeepsCodeAndText) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  const struct {
    absl::Status from;
    grpc::StatusCode to;
  } cases[] = {
      {absl::CancelledError("x"), grpc::StatusCode::CANCELLED},
      {absl::InvalidArgumentError("x"), grpc::StatusCode::INVALID_ARGUMENT},
      {absl::DeadlineExceededError("x"), grpc::StatusCode::DEADLINE_EXCEEDED},
      {absl::NotFoundError("x"), grpc::StatusCode::NOT_FOUND},
      {absl::AlreadyExistsError("x"), grpc::StatusCode::ALREADY_EXISTS},
      {absl::PermissionDeniedError("x"), grpc::StatusCode::PERMISSION_DENIED},
      {absl::ResourceExhaustedError("x"), grpc::StatusCode::RESOURCE_EXHAUSTED},
      {absl::FailedPreconditionError("x"), grpc::StatusCode::FAILED_PRECONDITION},
      {absl::UnimplementedError("x"), grpc::StatusCode::UNIMPLEMENTED},
      {absl::InternalError("x"), grpc::StatusCode::INTERNAL},
      {absl::UnavailableError("x"), grpc::StatusCode::UNAVAILABLE},
  };
  for (const auto& [from, to] : cases) {
    EXPECT_EQ(ToGrpcStatus(from).error_code(), to);
    EXPECT_EQ(ToGrpcStatus(from).error_message(), "x");
  }
}

TEST(ToGrpcStatus, CutsWhatHeadersCannotCarry) {
  const grpc::Status status = ToGrpcStatus(absl::InvalidArgumentError(std::string(100000, 'x')));
  EXPECT_LT(status.error_message().size(), 2100);
}

}  // namespace
}  // namespace octet::server
