#include "server/batching/batch_policy.h"

#include <utility>
#include <vector>

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

// The first run of a size says nothing.
void Measured(BatchCosts& costs, int64_t rows, Nanoseconds took, int others = 0) {
  costs.Ran(rows, others, took, kNow);
  costs.Ran(rows, others, took, kNow);
}

struct PolicyCase {
  const char* name;
  std::vector<int64_t> queue;                           // rows of each request, all 1 ms old
  std::vector<int64_t> preferred;                       // of at most 8 rows, in 5 ms
  std::vector<std::pair<int64_t, milliseconds>> costs;  // of runs by rows
  int interval_ms;                                      // between rows; 0: unknown
  std::vector<int64_t> take;                            // empty: waits for the rest of the 5 ms
};

class BatchPolicyTable : public testing::TestWithParam<PolicyCase> {};

TEST_P(BatchPolicyTable, Decides) {
  const PolicyCase& c = GetParam();
  std::vector<WaitingRows> queue;
  for (const int64_t rows : c.queue) queue.push_back(Rows(rows, milliseconds(1)));
  BatchCosts costs;
  for (const auto& [rows, took] : c.costs) Measured(costs, rows, took);
  if (c.interval_ms > 0) {
    costs.Arrived(1, kNow - milliseconds(c.interval_ms));
    costs.Arrived(1, kNow);
  }
  const BatchDecision decision = DecideBatch(queue, kNow, {8, milliseconds(5), c.preferred}, costs);
  EXPECT_EQ(decision.take, c.take);
  EXPECT_EQ(decision.wake, c.take.empty() ? kNow + milliseconds(4) : kNever);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BatchPolicyTable,
    testing::Values(
        PolicyCase{"NothingKnownWaits", {2}, {}, {}, 0, {}},
        PolicyCase{
            "RowsAreCheaperTogether", {2}, {}, {{2, milliseconds(4)}, {8, milliseconds(8)}}, 0, {}},
        PolicyCase{"RowsAreNotCheaperTogether",
                   {2},
                   {},
                   {{2, milliseconds(4)}, {8, milliseconds(16)}},
                   0,
                   {2}},
        PolicyCase{"RowsAreDearerTogether",
                   {2},
                   {},
                   {{2, milliseconds(4)}, {8, milliseconds(24)}},
                   0,
                   {2}},
        PolicyCase{"OneMoreRowInTime", {2}, {}, {}, 4, {}},
        PolicyCase{"NoRowInTime", {2}, {}, {}, 5, {2}},
        PolicyCase{"FullTakesAll", {4, 4}, {}, {}, 0, {4, 4}},
        PolicyCase{"FullButFewerAreBetter",
                   {4, 4},
                   {},
                   {{4, milliseconds(4)}, {8, milliseconds(16)}},
                   0,
                   {4}},
        PolicyCase{"FullAndFewerAreHardlyBetter",
                   {4, 4},
                   {},
                   {{4, milliseconds(100)}, {8, milliseconds(204)}},
                   0,
                   {4, 4}},
        PolicyCase{"AnUnknownSizeIsTried", {4, 4}, {}, {{4, milliseconds(1)}}, 0, {4, 4}},
        PolicyCase{"WaitsForThePreferredSize", {2}, {4}, {}, 2, {}},
        PolicyCase{"ThePreferredSizeComesTooLate", {2}, {4}, {}, 3, {2}},
        PolicyCase{"ThePreferredSizeIsReached", {2, 2}, {4}, {}, 1, {2, 2}},
        PolicyCase{"BeyondThePreferredSize", {2, 2, 1}, {4}, {}, 1, {2, 2}},
        PolicyCase{"BetweenPreferredSizesWaitsForTheNext", {2, 2, 1}, {8, 4}, {}, 1, {}},
        PolicyCase{"FullTakesTheGreatestPreferred", {2, 2, 3, 4}, {4, 7}, {}, 0, {2, 2, 3}},
        PolicyCase{"TheBetterOfPreferredSizes",
                   {2, 2, 3, 4},
                   {4, 7},
                   {{4, milliseconds(4)}, {7, milliseconds(14)}},
                   0,
                   {2, 2}},
        PolicyCase{"NoPreferredSizeCanBeMade", {3, 3, 3}, {4}, {}, 0, {3, 3}}),
    [](const testing::TestParamInfo<PolicyCase>& info) { return info.param.name; });

TEST(BatchPolicy, KeepsTheTimeOfTheRunBeforeADeadline) {
  BatchCosts costs;
  Measured(costs, 1, milliseconds(8));
  const WaitingRows hurried = Rows(1, milliseconds(0), kNow + milliseconds(20));
  EXPECT_EQ(DecideBatch({hurried}, kNow, {8, milliseconds(100)}, costs).wake,
            kNow + milliseconds(4));
}

TEST(BatchPolicy, JudgesByRunsBesideAsManyOthers) {
  BatchCosts costs;
  Measured(costs, 4, milliseconds(4), /*others=*/0);
  Measured(costs, 8, milliseconds(16), /*others=*/0);
  Measured(costs, 4, milliseconds(16), /*others=*/1);
  Measured(costs, 8, milliseconds(16), /*others=*/1);
  const BatchLimits limits{8, {}};
  EXPECT_THAT(DecideBatch({Rows(4), Rows(4)}, kNow, limits, costs, 0).take, ElementsAre(4));
  EXPECT_THAT(DecideBatch({Rows(4), Rows(4)}, kNow, limits, costs, 1).take, ElementsAre(4, 4));
  EXPECT_THAT(DecideBatch({Rows(4), Rows(4)}, kNow, limits, costs, 2).take, ElementsAre(4, 4));
}

}  // namespace
}  // namespace octet::server
