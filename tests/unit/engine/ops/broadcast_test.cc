#include "engine/ops/elementwise/broadcast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace octet::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST(BroadcastTest, CommonShape) {
  EXPECT_EQ(*BroadcastShape({2, 3}, {2, 3}), (Shape{2, 3}));
  EXPECT_EQ(*BroadcastShape({2, 3}, {3}), (Shape{2, 3}));
  EXPECT_EQ(*BroadcastShape({2, 1}, {1, 3}), (Shape{2, 3}));
  EXPECT_EQ(*BroadcastShape({}, {4}), (Shape{4}));
  EXPECT_EQ(*BroadcastShape({}, {}), Shape());
  EXPECT_EQ(*BroadcastShape({0, 3}, {1, 3}), (Shape{0, 3}));
  EXPECT_EQ(*BroadcastShape({1}, {0}), (Shape{0}));
}

TEST(BroadcastTest, RefusesWhatDoesNotFit) {
  const auto shape = BroadcastShape({2, 3}, {2, 4});
  EXPECT_EQ(shape.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(shape.status().message(), HasSubstr("[2,3] and [2,4]"));
  EXPECT_FALSE(BroadcastShape({0}, {2}).ok());
}

TEST(BroadcastTest, RefusesAResultThatIsTooLarge) {
  EXPECT_FALSE(BroadcastShape({1 << 30, 1}, {1, 1 << 30}).ok());
}

TEST(BroadcastTest, StridesAreZeroWhereAnOperandRepeats) {
  const auto strides = BroadcastStrides({3, 1}, {2, 3, 4});
  EXPECT_EQ(strides[0], 0);
  EXPECT_EQ(strides[1], 1);
  EXPECT_EQ(strides[2], 0);
}

using Place = std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t, int64_t>;

std::vector<Place> RunsOf(const Shape& a, const Shape& b, const Shape& out, ThreadPool* pool) {
  absl::Mutex mutex;
  std::vector<Place> runs;
  ForEachBroadcastRun(pool, a, b, out, [&](const BroadcastRun& r) {
    absl::MutexLock lock(&mutex);
    runs.emplace_back(r.a, r.b, r.out, r.a_step, r.b_step, r.count);
  });
  return runs;
}

TEST(BroadcastTest, RunsCoverTheResultOnce) {
  EXPECT_THAT(RunsOf({2, 3}, {1, 3}, {2, 3}, nullptr),
              ElementsAre(Place{0, 0, 0, 1, 1, 3}, Place{3, 0, 3, 1, 1, 3}));
  EXPECT_THAT(RunsOf({2, 1}, {3}, {2, 3}, nullptr),
              ElementsAre(Place{0, 0, 0, 0, 1, 3}, Place{1, 0, 3, 0, 1, 3}));
  EXPECT_THAT(RunsOf({2, 3}, {2, 3}, {2, 3}, nullptr), ElementsAre(Place{0, 0, 0, 1, 1, 6}));
  EXPECT_THAT(RunsOf({}, {}, {}, nullptr), ElementsAre(Place{0, 0, 0, 1, 1, 1}));
  EXPECT_THAT(RunsOf({2, 1, 2}, {1, 2, 1}, {2, 2, 2}, nullptr),
              ElementsAre(Place{0, 0, 0, 1, 0, 2}, Place{0, 1, 2, 1, 0, 2}, Place{2, 0, 4, 1, 0, 2},
                          Place{2, 1, 6, 1, 0, 2}));
}

TEST(BroadcastTest, RunsTellHowOftenAnOperandReturns) {
  const auto repeats = [](const Shape& a, const Shape& b) {
    return BroadcastRuns(a, b, *BroadcastShape(a, b)).repeats();
  };
  EXPECT_EQ(repeats({2, 5, 7, 3}, {3}), 70);
  EXPECT_EQ(repeats({3}, {2, 5, 7, 3}), 70);
  EXPECT_EQ(repeats({2, 5, 7, 3}, {2, 1, 1, 3}), 35);
  EXPECT_EQ(repeats({2, 5, 7, 3}, {2, 5, 1, 3}), 7);
  EXPECT_EQ(repeats({2, 5, 7, 3}, {1, 5, 1, 3}), 7);
  EXPECT_EQ(repeats({2, 1, 7, 3}, {1, 5, 1, 3}), 7);  // the other returns further out
  EXPECT_EQ(repeats({2, 5, 7, 3}, {2, 5, 7, 1}), 1);
  EXPECT_EQ(repeats({2, 5}, {}), 1);
  EXPECT_TRUE(BroadcastRuns({3}, {4, 3}, {4, 3}).a_returns());
  EXPECT_FALSE(BroadcastRuns({4, 3}, {3}, {4, 3}).a_returns());
}

TEST(BroadcastTest, RunsAreAsLongAsTheyCanBe) {
  EXPECT_THAT(RunsOf({2, 3, 4}, {}, {2, 3, 4}, nullptr), ElementsAre(Place{0, 0, 0, 1, 0, 24}));
  EXPECT_THAT(RunsOf({1}, {2, 3, 4}, {2, 3, 4}, nullptr), ElementsAre(Place{0, 0, 0, 0, 1, 24}));
  EXPECT_THAT(RunsOf({2, 3, 4}, {1, 3, 4}, {2, 3, 4}, nullptr),
              ElementsAre(Place{0, 0, 0, 1, 1, 12}, Place{12, 0, 12, 1, 1, 12}));
  EXPECT_THAT(RunsOf({2, 3, 4}, {2, 1, 1}, {2, 3, 4}, nullptr),
              ElementsAre(Place{0, 0, 0, 1, 0, 12}, Place{12, 1, 12, 1, 0, 12}));
  EXPECT_THAT(RunsOf({2, 3, 1}, {1, 3, 1}, {2, 3, 1}, nullptr),
              ElementsAre(Place{0, 0, 0, 1, 1, 3}, Place{3, 0, 3, 1, 1, 3}));
  EXPECT_THAT(RunsOf({2, 1, 3}, {2, 1, 1}, {2, 1, 3}, nullptr),
              ElementsAre(Place{0, 0, 0, 1, 0, 3}, Place{3, 1, 3, 1, 0, 3}));
}

// Threads change who does a run, and where one long run is cut.
TEST(BroadcastTest, ThreadsShareRunsOrEachRun) {
  ThreadPool pool(2);
  const Shape many = {512, 2, 64};
  auto runs = RunsOf(many, {2, 64}, many, &pool);
  auto alone = RunsOf(many, {2, 64}, many, nullptr);
  std::sort(runs.begin(), runs.end());
  std::sort(alone.begin(), alone.end());
  EXPECT_EQ(runs, alone);
  const Shape one = {40000};
  EXPECT_THAT(
      RunsOf(one, {1}, one, &pool),
      UnorderedElementsAre(Place{0, 0, 0, 1, 0, 19968}, Place{19968, 0, 19968, 1, 0, 20032}));
}

TEST(BroadcastTest, RowsStayApartWhereBothOrNoneHaveThem) {
  const auto apart = [](Shape a, bool a_rows, Shape b, bool b_rows) {
    const Shape shapes[] = {std::move(a), std::move(b)};
    const bool rows[] = {a_rows, b_rows};
    return CheckBroadcastRowsApart(shapes, rows).ok();
  };
  EXPECT_TRUE(apart({1, 4}, true, {1, 4}, true));
  EXPECT_TRUE(apart({1, 4}, true, {1, 4}, false));
  EXPECT_TRUE(apart({1, 4}, true, {4}, false));
  EXPECT_TRUE(apart({1, 4}, true, {}, false));
  EXPECT_TRUE(apart({2, 4}, true, {1, 4}, false));
  // A constant along the batch, rows of another rank.
  EXPECT_FALSE(apart({1, 4}, true, {2, 4}, false));
  EXPECT_FALSE(apart({4}, true, {1, 4}, true));
  EXPECT_FALSE(apart({1, 4}, true, {1, 1, 4}, false));
}

}  // namespace
}  // namespace octet::ops
