#include "engine/quantize/calibrate/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace octet {
namespace {

using ::testing::ElementsAre;

TensorStatistics Of(const std::vector<float>& values, float low, float high) {
  TensorStatistics statistics{.seen = true, .range = {low, high}};
  statistics.histogram = ValueHistogram({low, high}, 2048);
  statistics.histogram.Add(values);
  return statistics;
}

TEST(ValueHistogramTest, BinsAndZeros) {
  ValueHistogram histogram({-1, 3}, 4);
  histogram.Add(std::vector<float>{-1, -0.5f, 0, 0, 0.5f, 3, 2.5f});
  EXPECT_THAT(histogram.counts(), ElementsAre(2, 1, 0, 2));
  EXPECT_EQ(histogram.zeros(), 2);
  EXPECT_THAT(histogram.CountsWithZeros(), ElementsAre(2, 3, 0, 2));
}

TEST(ValueHistogramTest, OneValue) {
  ValueHistogram histogram({5, 5}, 4);
  histogram.Add(std::vector<float>{5, 5});
  EXPECT_THAT(histogram.CountsWithZeros(), ElementsAre(2, 0, 0, 0));
}

TEST(AddSampleTest, RangeSamplesAndAverage) {
  TensorStatistics statistics;
  AddSample({-1, 2}, 0, 0.5, statistics);
  AddSample({-3, 2}, 1, 0.5, statistics);
  AddSample({-3, 4}, 2, 0.5, statistics);
  EXPECT_EQ(statistics.range.min, -3);
  EXPECT_EQ(statistics.min_sample, 1);  // the first of equals
  EXPECT_EQ(statistics.range.max, 4);
  EXPECT_EQ(statistics.max_sample, 2);
  // The mean of the first two; from then on each weighs a half.
  EXPECT_FLOAT_EQ(statistics.average.min, -2.5f);  // -1, -2, -2.5
  EXPECT_FLOAT_EQ(statistics.average.max, 3.0f);   // 2, 2, 3
  TensorStatistics slow;
  for (int i = 0; i < 4; ++i) AddSample({0, static_cast<float>(i)}, i, 0.01, slow);
  EXPECT_FLOAT_EQ(slow.average.max, 1.5f);
}

TEST(ChooseRangeTest, MinMaxAndAverage) {
  TensorStatistics statistics{.seen = true, .range = {-1, 2}};
  statistics.average = {-0.5f, 1};
  EXPECT_EQ(ChooseRange(statistics, {}, 255).max, 2);
  EXPECT_EQ(ChooseRange(statistics, {.method = CalibrationMethod::kMovingAverage}, 255).max, 1);
}

// 10,000 values over [-1, 1] and one of 100.
std::vector<float> WithOutlier() {
  std::vector<float> values;
  for (int i = 0; i < 10'000; ++i) values.push_back(-1 + static_cast<float>(i) / 5000);
  values.push_back(100);
  return values;
}

TEST(ChooseRangeTest, PercentileCutsEqualSharesOff) {
  const TensorStatistics statistics = Of(WithOutlier(), -1, 100);
  const CalibrationOptions options{.method = CalibrationMethod::kPercentile, .percentile = 90};
  const ValueRange range = ChooseRange(statistics, options, 255);
  // 5% at each end, to a bin's width.
  EXPECT_NEAR(range.min, -0.9, 0.05);
  EXPECT_NEAR(range.max, 0.9, 0.05);
  const CalibrationOptions all{.method = CalibrationMethod::kPercentile, .percentile = 100};
  EXPECT_FLOAT_EQ(ChooseRange(statistics, all, 255).min, -1);
  EXPECT_FLOAT_EQ(ChooseRange(statistics, all, 255).max, 100);
}

TEST(ChooseRangeTest, LeastErrorWeighsCuttingAgainstSteps) {
  const CalibrationOptions options{.method = CalibrationMethod::kMse};
  std::vector<float> values;
  for (int i = 0; i < 200'000; ++i) values.push_back(-1 + static_cast<float>(i) / 100'000);
  // Even values lose by any cut.
  EXPECT_NEAR(ChooseRange(Of(values, -1, 1), options, 255).max, 1, 0.02);
  // One at 3: without a cut 200,000 steps of 4/255 cost 200,000 * (4/255)^2 / 12 = 4.1; cutting at
  // 2 costs 1 for the one and 2.3 for the others.
  values.push_back(3);
  const ValueRange range = ChooseRange(Of(values, -1, 3), options, 255);
  EXPECT_NEAR(range.min, -1, 0.03);
  EXPECT_GT(range.max, 1.8);
  EXPECT_LT(range.max, 2.7);
}

// Codes coarser than the values: those round to 0, and no step between costs anything.
TEST(ChooseRangeTest, LeastErrorOfCoarseCodes) {
  const ValueRange range =
      ChooseRange(Of(WithOutlier(), -1, 100), {.method = CalibrationMethod::kMse}, 3);
  EXPECT_GT(range.max, 90);
}

}  // namespace
}  // namespace octet
