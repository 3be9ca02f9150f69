#include "server/batching/retry_hint.h"

#include "gtest/gtest.h"

namespace octet::server {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(RetryHint, IsInWholeMillisecondsAndBounded) {
  const absl::Status error = absl::ResourceExhaustedError("full");
  EXPECT_EQ(RetryPushbackMs(error), std::nullopt);
  EXPECT_EQ(RetryPushbackMs(WithRetryAfter(error, Nanoseconds(0))), 1);
  EXPECT_EQ(RetryPushbackMs(WithRetryAfter(error, microseconds(1001))), 2);
  EXPECT_EQ(RetryPushbackMs(WithRetryAfter(error, milliseconds(250))), 250);
  EXPECT_EQ(RetryPushbackMs(WithRetryAfter(error, hours(1))), 10'000);
  EXPECT_EQ(RetryPushbackMs(WithoutRetry(error)), -1);
}

TEST(RetryHint, LeavesCodeAndMessage) {
  const absl::Status error = WithRetryAfter(absl::ResourceExhaustedError("full"), milliseconds(5));
  EXPECT_EQ(error.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(error.message(), "full");
}

TEST(DrainRate, CountsOnlyTimeInWhichRowsWaited) {
  const MonotonicTime start{hours(1)};
  DrainRate rate;
  EXPECT_EQ(rate.TimeFor(10), Nanoseconds(0));
  rate.Left(4, /*more=*/false, start);
  rate.Left(4, /*more=*/true, start + hours(1));  // the queue was empty: nothing to measure
  EXPECT_EQ(rate.TimeFor(10), Nanoseconds(0));
  rate.Left(4, /*more=*/true, start + hours(1) + milliseconds(8));
  EXPECT_EQ(rate.TimeFor(10), milliseconds(20));
  rate.Emptied();
  rate.Left(1, /*more=*/false, start + hours(2));
  EXPECT_EQ(rate.TimeFor(10), milliseconds(20));
}

TEST(DrainRate, LaterRowsWeighMore) {
  MonotonicTime now{hours(1)};
  DrainRate rate;
  rate.Left(1, true, now);
  rate.Left(1, true, now += milliseconds(8));
  rate.Left(1, true, now += milliseconds(16));
  EXPECT_EQ(rate.TimeFor(1), milliseconds(9));  // an eighth of the way
  for (int i = 0; i < 200; ++i) rate.Left(1, true, now += milliseconds(16));
  EXPECT_GT(rate.TimeFor(1), microseconds(15'999));
  EXPECT_LE(rate.TimeFor(1), milliseconds(16));
}

}  // namespace
}  // namespace octet::server
