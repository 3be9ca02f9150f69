#include "engine/ops/elementwise/broadcast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace octet::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

TEST(BroadcastTest, RunsCoverTheResultOnce) {
  using Run = std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t, int64_t>;
  std::vector<Run> runs;
  const auto record = [&](int64_t a, int64_t b, int64_t out, int64_t step_a, int64_t step_b,
                          int64_t count) { runs.emplace_back(a, b, out, step_a, step_b, count); };
  ForEachBroadcastRun({2, 3}, {1, 3}, {2, 3}, record);
  EXPECT_THAT(runs, ElementsAre(Run{0, 0, 0, 1, 1, 3}, Run{3, 0, 3, 1, 1, 3}));
  runs.clear();
  ForEachBroadcastRun({2, 1}, {3}, {2, 3}, record);
  EXPECT_THAT(runs, ElementsAre(Run{0, 0, 0, 0, 1, 3}, Run{1, 0, 3, 0, 1, 3}));
  runs.clear();
  ForEachBroadcastRun({2, 3}, {2, 3}, {2, 3}, record);
  EXPECT_THAT(runs, ElementsAre(Run{0, 0, 0, 1, 1, 6}));
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
