#include "server/batching/batch_policy.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

const MonotonicTime kNow{std::chrono::hours(1)};

WaitingRows Rows(int64_t rows, Nanoseconds age = Nanoseconds(0), MonotonicTime deadline = kNever) {
  return {rows, kNow - age, deadline};
}

TEST(BatchPolicy, WaitsForeverWithoutRequests) {
  const BatchDecision decision = DecideBatch({}, kNow, {16, milliseconds(5)});
  EXPECT_FALSE(decision.run());
  EXPECT_EQ(decision.wake, kNever);
}

TEST(BatchPolicy, WithoutATimeoutRunsWhatIsThere) {
  EXPECT_THAT(DecideBatch({Rows(1)}, kNow, {16, {}}).take, ElementsAre(1));
  EXPECT_THAT(DecideBatch({Rows(1), Rows(2), Rows(5)}, kNow, {16, {}}).take, ElementsAre(1, 2, 5));
}

TEST(BatchPolicy, FillsUpToTheMaximumWithoutSplittingOrOvertaking) {
  // The third request does not fit, and the fourth does not pass it.
  EXPECT_THAT(DecideBatch({Rows(2), Rows(3), Rows(4), Rows(1)}, kNow, {8, {}}).take,
              ElementsAre(2, 3));
  EXPECT_THAT(DecideBatch({Rows(4), Rows(4), Rows(4)}, kNow, {8, {}}).take, ElementsAre(4, 4));
}

TEST(BatchPolicy, OneRowAtATimeWhereTheMaximumIsOne) {
  EXPECT_THAT(DecideBatch({Rows(1), Rows(1)}, kNow, {1, milliseconds(5)}).take, ElementsAre(1));
}

TEST(BatchPolicy, SplitsOnlyWhatFitsInNoRun) {
  EXPECT_THAT(DecideBatch({Rows(20)}, kNow, {8, {}}).take, ElementsAre(8));
  EXPECT_THAT(DecideBatch({Rows(3), Rows(20)}, kNow, {8, {}}).take, ElementsAre(3, 5));
}

TEST(BatchPolicy, WaitsForTheTimeoutOfTheOldest) {
  const BatchLimits limits{8, milliseconds(5)};
  const BatchDecision early = DecideBatch({Rows(1, milliseconds(3)), Rows(1)}, kNow, limits);
  EXPECT_THAT(early.take, IsEmpty());
  EXPECT_EQ(early.wake, kNow + milliseconds(2));
  EXPECT_THAT(DecideBatch({Rows(1, milliseconds(5)), Rows(1)}, kNow, limits).take,
              ElementsAre(1, 1));
}

TEST(BatchPolicy, AFullRunDoesNotWait) {
  const BatchLimits limits{4, milliseconds(5)};
  EXPECT_THAT(DecideBatch({Rows(1), Rows(3)}, kNow, limits).take, ElementsAre(1, 3));
  // No more fits beside the first: waiting could not improve on it.
  EXPECT_THAT(DecideBatch({Rows(2), Rows(3)}, kNow, limits).take, ElementsAre(2));
}

TEST(BatchPolicy, WaitingCostsNoRequestItsDeadline) {
  const BatchLimits limits{8, milliseconds(100)};
  const WaitingRows hurried = Rows(1, milliseconds(0), kNow + milliseconds(20));
  EXPECT_EQ(DecideBatch({Rows(1), hurried}, kNow, limits).wake, kNow + milliseconds(10));
  EXPECT_THAT(DecideBatch({Rows(1), hurried}, kNow + milliseconds(10), limits).take,
              ElementsAre(1, 1));
}

}  // namespace
}  // namespace octet::server
