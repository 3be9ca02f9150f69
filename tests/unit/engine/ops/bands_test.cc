#include "engine/ops/spatial/bands.h"

#include <gtest/gtest.h>

namespace octet::ops {
namespace {

WindowAxis Axis(int32_t in, int32_t kernel, int32_t stride, int32_t dilation = 1) {
  return *ComputeWindow(Padding::kSame, in, kernel, stride, dilation);
}

// 56 rows of 1000 bytes before a window of 3 and as many after it.
BandProblem Problem(int64_t images, int threads, size_t cache_bytes) {
  BandProblem problem;
  problem.images = images;
  problem.rows = Axis(56, 3, 1);
  problem.before_row_bytes = 1000;
  problem.after_row_bytes = 1000;
  problem.threads = threads;
  problem.cache_bytes = cache_bytes;
  return problem;
}

TEST(RowsTouchedTest, StayInsideOfTheImage) {
  const WindowAxis rows = Axis(7, 3, 1);
  EXPECT_EQ(RowsTouched(rows, 0, 7).begin, 0);
  EXPECT_EQ(RowsTouched(rows, 0, 7).end, 7);
  EXPECT_EQ(RowsTouched(rows, 3, 5).begin, 2);
  EXPECT_EQ(RowsTouched(rows, 3, 5).end, 6);
}

TEST(RowsTouchedTest, FollowStrideAndDilation) {
  const WindowAxis rows = Axis(9, 3, 2, 2);  // two rows of padding above
  EXPECT_EQ(RowsTouched(rows, 1, 3).begin, 0);
  EXPECT_EQ(RowsTouched(rows, 1, 3).end, 7);
  EXPECT_EQ(MostRowsTouched(rows, 2), 7);
  EXPECT_EQ(MostRowsTouched(rows, 5), 9);
}

TEST(ComputeBandsTest, AThreadsShareIsOneBandWhereHalfTheCacheHoldsIt) {
  const Bands one = ComputeBands(Problem(1, 1, 224'000));
  EXPECT_FALSE(one.together);
  EXPECT_EQ(one.parts, 1);
  EXPECT_EQ(one.images, 1);
  EXPECT_EQ(one.rows, 56);
  const Bands batch = ComputeBands(Problem(8, 1, 8 * 224'000));
  EXPECT_EQ(batch.images, 8);
  const Bands shared = ComputeBands(Problem(1, 2, 1 << 20));
  EXPECT_EQ(shared.parts, 2);
  EXPECT_EQ(shared.images, 0);
  EXPECT_EQ(shared.rows, 28);
  EXPECT_EQ(ComputeBands(Problem(8, 2, 1 << 20)).images, 4);
}

TEST(ComputeBandsTest, ElseABandTakesAQuarterOfTheCache) {
  const Bands rows = ComputeBands(Problem(1, 1, 223'999));
  EXPECT_EQ(rows.images, 0);
  // 26 rows after and 28 before are 54,000; 56 rows are three bands of 19.
  EXPECT_EQ(rows.rows, 19);
  EXPECT_EQ(ComputeBands(Problem(32, 1, 1'000'000)).images, 2);
}

TEST(ComputeBandsTest, BandsServeNothingWhereOthersMakeTheRowsBefore) {
  BandProblem problem = Problem(8, 2, 1000);
  problem.before_row_bytes = 0;
  EXPECT_EQ(ComputeBands(problem).parts, 2);
  EXPECT_EQ(ComputeBands(problem).images, 4);
}

TEST(ComputeBandsTest, ABandHasARowAtLeast) {
  const Bands bands = ComputeBands(Problem(1, 1, 1));
  EXPECT_EQ(bands.images, 0);
  EXPECT_EQ(bands.rows, 1);
}

TEST(ComputeBandsTest, ThreadsWorkTogetherWhereRowsCannotBeShared) {
  BandProblem problem = Problem(1, 2, 1 << 20);
  problem.rows = Axis(7, 3, 1);
  // One part reads five of seven rows before the windows, where half of them is 3.5.
  EXPECT_TRUE(ComputeBands(problem).together);
  EXPECT_EQ(ComputeBands(problem).images, 1);
  // Nothing is computed twice where others make those rows.
  problem.before_row_bytes = 0;
  EXPECT_FALSE(ComputeBands(problem).together);
  problem.threads = 5;
  EXPECT_TRUE(ComputeBands(problem).together);  // two of seven rows, where a fifth is 1.4
  problem.images = 10;
  problem.before_row_bytes = 1000;
  EXPECT_FALSE(ComputeBands(problem).together);
}

TEST(ComputeBandsTest, NothingIsNothing) {
  BandProblem problem = Problem(0, 3, 1 << 20);
  EXPECT_EQ(ComputeBands(problem).parts, 1);
  EXPECT_EQ(ComputeBands(problem).images, 0);
}

}  // namespace
}  // namespace octet::ops
