#include "engine/evaluate/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace octet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(MetricsTest, ArgMaxTakesTheFirstOfEquals) {
  EXPECT_EQ(ArgMax(std::vector<float>{1, 5, 3, 5}), 1);
  EXPECT_EQ(ArgMax(std::vector<float>{-2}), 0);
  EXPECT_EQ(ArgMax(std::vector<float>{4, 4}), 0);
}

TEST(MetricsTest, RankCountsLargerScoresAndEqualOnesInFront) {
  const std::vector<float> scores = {1, 5, 3, 5, 3};
  EXPECT_EQ(RankOf(scores, 1), 0);
  EXPECT_EQ(RankOf(scores, 3), 1);
  EXPECT_EQ(RankOf(scores, 2), 2);
  EXPECT_EQ(RankOf(scores, 4), 3);
  EXPECT_EQ(RankOf(scores, 0), 4);
}

TEST(MetricsTest, ErrorSumByHand) {
  ErrorSum sum;
  EXPECT_EQ(sum.mse(), 0);
  EXPECT_EQ(sum.sqnr_db(), kInfinity);
  sum.Add(std::vector<float>{3, 4}, std::vector<float>{3, 5});
  sum.Add(std::vector<float>{-1, 0}, std::vector<float>{1, 1});
  // Errors 0, -1, -2, -1: squares sum to 6; the reference's to 9 + 25 + 1 + 1 = 36.
  EXPECT_EQ(sum.mse(), 1.5);
  EXPECT_EQ(sum.max_abs_error(), 2);
  EXPECT_DOUBLE_EQ(sum.sqnr_db(), 10 * std::log10(6.0));
}

TEST(MetricsTest, SqnrAtItsEnds) {
  ErrorSum equal;
  equal.Add(std::vector<float>{1, 2}, std::vector<float>{1, 2});
  EXPECT_EQ(equal.sqnr_db(), kInfinity);
  ErrorSum against_zero;
  against_zero.Add(std::vector<float>{1}, std::vector<float>{0});
  EXPECT_EQ(against_zero.sqnr_db(), -kInfinity);
}

TEST(MetricsTest, PercentileIsTheNearestRank) {
  const std::vector<double> ten = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(Percentile(ten, 0.50), 5);
  EXPECT_EQ(Percentile(ten, 0.51), 6);
  EXPECT_EQ(Percentile(ten, 0.90), 9);
  EXPECT_EQ(Percentile(ten, 0.99), 10);
  EXPECT_EQ(Percentile(ten, 1.0), 10);
  EXPECT_EQ(Percentile(ten, 0.001), 1);
  EXPECT_EQ(Percentile(std::vector<double>{7}, 0.5), 7);
}

}  // namespace
}  // namespace octet
