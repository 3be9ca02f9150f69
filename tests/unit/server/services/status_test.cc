#include "server/services/status.h"

#include <string>

#include "google/rpc/retry_info.pb.h"
#include "gtest/gtest.h"
#include "server/batching/retry_hint.h"

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

google::rpc::RetryInfo RetryInfoOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  google::rpc::RetryInfo retry;
  EXPECT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.RetryInfo");
  EXPECT_TRUE(details.details(0).UnpackTo(&retry));
  return retry;
}

TEST(ToGrpcStatus, ARetryHintBecomesDetails) {
  const absl::Status full = absl::ResourceExhaustedError("full");
  const auto retry =
      RetryInfoOf(ToGrpcStatus(WithRetryAfter(full, std::chrono::milliseconds(2500))));
  EXPECT_EQ(retry.retry_delay().seconds(), 2);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
  EXPECT_EQ(ToGrpcStatus(full).error_details(), "");
  EXPECT_EQ(ToGrpcStatus(WithoutRetry(full)).error_details(), "");
  const std::string text(100000, 'x');
  RetryInfoOf(ToGrpcStatus(
      WithRetryAfter(absl::ResourceExhaustedError(text), std::chrono::milliseconds(1))));
}

}  // namespace
}  // namespace octet::server
