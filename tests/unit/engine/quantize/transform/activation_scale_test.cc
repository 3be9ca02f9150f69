#include "engine/quantize/transform/activation_scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace octet {
namespace {

using ::testing::ElementsAre;

TEST(Int8ScaleTest, RangeWithZeroInIt) {
  // The stored scale is a little more than 2/255, so the zero point a little less than -0.5.
  EXPECT_EQ(Int8Scale({-1, 1}), (ScaleChoice{2.0f / 255, -1}));
  EXPECT_EQ(Int8Scale({0, 2.55f}), (ScaleChoice{2.55f / 255, -128}));
  EXPECT_EQ(Int8Scale({1, 2}), (ScaleChoice{2.0f / 255, -128}));  // 0 is made part of it
  EXPECT_EQ(Int8Scale({-3, -1}), (ScaleChoice{3.0f / 255, 127}));
}

TEST(Int8ScaleTest, DeadTensor) {
  EXPECT_EQ(Int8Scale({0, 0}), (ScaleChoice{7.8431368e-09f, 0}));
  EXPECT_EQ(Int8ConstantScale({0, 0}), (ScaleChoice{3.9215684e-09f, 0}));
  EXPECT_EQ(Int8ConstantScale({2, 2}), (ScaleChoice{2.0f / 255, -128}));
  EXPECT_EQ(Int8ConstantScale({-3, -3}), (ScaleChoice{3.0f / 255, 127}));
}

TEST(Int16ScaleTest, SymmetricAndNeverZero) {
  EXPECT_EQ(Int16Scale({-2, 1}), (ScaleChoice{2.0f / 32767, 0}));
  EXPECT_EQ(Int16Scale({0, 0}), (ScaleChoice{1e-6f / 32767, 0}));
}

TEST(CodesTest, TiesGoAwayFromZeroAndEndsSaturate) {
  EXPECT_THAT(Int8Codes(std::vector<float>{0.5f, -0.5f, 1.5f, 200, -200}, {1, 0}),
              ElementsAre(1, -1, 2, 127, -128));
  EXPECT_THAT(Int16Codes(std::vector<float>{0.5f, -2.5f, 1e9f, -1e9f}, {1, 0}),
              ElementsAre(1, -3, 32767, -32767));
}

TEST(BiasTest, ScalesOfProducts) {
  EXPECT_THAT(Int32BiasScales(0.5f, {0.25f, 4.0f}), ElementsAre(0.125f, 2.0f));
  EXPECT_THAT(Int32BiasCodes({1.0f, -5.0f}, {0.125f, 2.0f}), ElementsAre(8, -3));
  EXPECT_THAT(Int64BiasCodes({1e12f}, {0.5f}), ElementsAre(1'999'999'991'808));
  EXPECT_THAT(
      Int32BiasCodes({1e12f, -1e12f}, {0.5f}),
      ElementsAre(std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()));
}

// 1073741823 is the most that a bias may be.
TEST(BiasTest, TooLargeABiasMakesTheWeightsCoarser) {
  EXPECT_EQ(WeightScaleForBias(0.5f, 0.25f, 100), 0.25f);
  const float scale = WeightScaleForBias(1e-6f, 1e-6f, 1);
  EXPECT_FLOAT_EQ(scale, 1.0f / 1073741823 / 1e-6f);
  EXPECT_NEAR(Int32BiasCodes({1}, Int32BiasScales(1e-6f, {scale}))[0], 1073741823, 100);
}

}  // namespace
}  // namespace octet
