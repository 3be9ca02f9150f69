#include "server/batching/batch_costs.h"

#include <vector>

#include "gtest/gtest.h"

namespace octet::server {
namespace {

using std::chrono::milliseconds;

const MonotonicTime kNow{std::chrono::hours(1)};

// After the first run of a size, which says nothing.
BatchCosts AfterFirstRuns(const std::vector<int64_t>& sizes, int others = 0) {
  BatchCosts costs;
  for (const int64_t rows : sizes) costs.Ran(rows, others, std::chrono::hours(1), kNow);
  return costs;
}

TEST(BatchCosts, KeepsAMeanForEachSize) {
  BatchCosts costs = AfterFirstRuns({4, 8});
  EXPECT_EQ(costs.OfRun(4, 0, kNow), std::nullopt);
  costs.Ran(4, 0, milliseconds(8), kNow);
  costs.Ran(8, 0, milliseconds(10), kNow);
  EXPECT_EQ(costs.OfRun(4, 0, kNow), milliseconds(8));
  costs.Ran(4, 0, milliseconds(16), kNow);
  EXPECT_EQ(costs.OfRun(4, 0, kNow), milliseconds(9));  // an eighth of the way
  EXPECT_EQ(costs.OfRun(8, 0, kNow), milliseconds(10));
  EXPECT_EQ(costs.OfRun(5, 0, kNow), std::nullopt);
}

TEST(BatchCosts, KeepsRunsBesideOthersApart) {
  BatchCosts costs = AfterFirstRuns({4});
  costs.Ran(4, 0, milliseconds(8), kNow);
  costs.Ran(4, 1, milliseconds(15), kNow);  // the first of its kind
  EXPECT_EQ(costs.OfRun(4, 1, kNow), std::nullopt);
  costs.Ran(4, 1, milliseconds(16), kNow);
  EXPECT_EQ(costs.OfRun(4, 0, kNow), milliseconds(8));
  EXPECT_EQ(costs.OfRun(4, 1, kNow), milliseconds(16));
}

TEST(BatchCosts, ForgetsWhatIsOld) {
  BatchCosts costs = AfterFirstRuns({4});
  costs.Ran(4, 0, milliseconds(8), kNow);
  const MonotonicTime last = kNow + BatchCosts::kMemory;
  EXPECT_EQ(costs.OfRun(4, 0, last), milliseconds(8));
  EXPECT_EQ(costs.OfRun(4, 0, last + Nanoseconds(1)), std::nullopt);
  costs.Ran(4, 0, milliseconds(2), last + Nanoseconds(1));
  EXPECT_EQ(costs.OfRun(4, 0, last + Nanoseconds(1)), milliseconds(2));  // mixed with nothing
}

TEST(BatchCosts, ARunWithoutMeasurableTimeSaysNothing) {
  BatchCosts costs = AfterFirstRuns({4});
  costs.Ran(4, 0, Nanoseconds(0), kNow);
  EXPECT_EQ(costs.OfRun(4, 0, kNow), std::nullopt);
}

TEST(BatchCosts, ASilenceSaysNothingAboutTheRowsAfterIt) {
  BatchCosts costs;
  costs.Arrived(1, kNow);
  costs.Arrived(1, kNow + milliseconds(8));
  const MonotonicTime later = kNow + std::chrono::hours(1);
  costs.Arrived(1, later);
  EXPECT_EQ(costs.RowInterval(), std::nullopt);
  costs.Arrived(1, later + milliseconds(2));
  EXPECT_EQ(costs.RowInterval(), milliseconds(2));
}

TEST(BatchCosts, CountsRowsThatArriveTogether) {
  BatchCosts costs;
  costs.Arrived(3, kNow);
  EXPECT_EQ(costs.RowInterval(), std::nullopt);
  costs.Arrived(2, kNow + milliseconds(8));
  EXPECT_EQ(costs.RowInterval(), milliseconds(4));
  costs.Arrived(1, kNow + milliseconds(20));
  EXPECT_EQ(costs.RowInterval(), milliseconds(5));
}

}  // namespace
}  // namespace octet::server
