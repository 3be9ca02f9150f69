#include "engine/quantize/transform/weight_quantizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace octet {
namespace {

using ::testing::ElementsAre;

QuantizedWeights InDouble(const std::vector<float>& weights, const ChannelLayout& layout) {
  return QuantizeWeights(weights, layout, WeightArithmetic::kDouble);
}

TEST(QuantizeWeightsTest, TiesGoAwayFromZero) {
  // max|w| = 127 makes the scale 1.
  const std::vector<float> w = {127, 0.5f, 1.5f, 2.5f, -2.5f, -0.5f, 126.5f, -127, 0.49f};
  const QuantizedWeights q = InDouble(w, {.inner = 9});
  EXPECT_THAT(q.scales.scales, ElementsAre(1.0f));
  EXPECT_THAT(q.codes, ElementsAre(127, 1, 2, 3, -3, -1, 127, -127, 0));
}

TEST(QuantizeWeightsTest, LowestCodeIsMinus127) {
  const std::vector<float> w = {-1.0f, 0.25f};
  EXPECT_THAT(InDouble(w, {.inner = 2}).codes, ElementsAre(-127, 32));
}

// Dividing by the stored float32 scale, or in float32, gives 115 and 36.
TEST(QuantizeWeightsTest, DividesInDoubleByTheUnroundedScale) {
  const std::vector<float> w = {0x1.6acdep+1f, 0x1.47185ap+1f, 0x1.b68e0ep+0f, 0x1.ea5a4cp-2f};
  const QuantizedWeights q = InDouble(w, {.channels = 2, .inner = 2});
  EXPECT_THAT(q.codes, ElementsAre(127, 114, 127, 35));
  EXPECT_THAT(q.scales.scales, ElementsAre(0.022318171f, 0.013489016f));
}

TEST(QuantizeWeightsTest, DeadAndTinyChannelsHavePositiveScale) {
  const std::vector<float> w = {0, 0, 1e-30f, -1e-30f, 3e-7f, -3e-7f, 5e-7f, 1e-40f};
  const QuantizedWeights q = InDouble(w, {.channels = 4, .inner = 2});
  EXPECT_THAT(q.scales.scales,
              ElementsAre(3.937008e-09f, 3.937008e-09f, 3.937008e-09f, 3.937008e-09f));
  EXPECT_THAT(q.codes, ElementsAre(0, 0, 0, 0, 76, -76, 127, 0));
}

TEST(QuantizeWeightsTest, ChannelsAlongEachAxis) {
  // [2,3]: rows 1,2,4 and 10,20,40.
  const std::vector<float> w = {1, 2, 4, 10, 20, 40};
  const Shape shape({2, 3});
  const QuantizedWeights rows = InDouble(w, LayoutOf(shape, 0));
  EXPECT_THAT(rows.scales.scales, ElementsAre(4.0f / 127, 40.0f / 127));
  EXPECT_THAT(rows.codes, ElementsAre(32, 64, 127, 32, 64, 127));
  const QuantizedWeights columns = InDouble(w, LayoutOf(shape, 1));
  EXPECT_THAT(columns.scales.scales, ElementsAre(10.0f / 127, 20.0f / 127, 40.0f / 127));
  EXPECT_THAT(columns.codes, ElementsAre(13, 13, 13, 127, 127, 127));
  const QuantizedWeights one = InDouble(w, LayoutOf(shape, kPerTensor));
  EXPECT_THAT(one.scales.scales, ElementsAre(40.0f / 127));
  EXPECT_THAT(one.codes, ElementsAre(3, 6, 13, 32, 64, 127));
}

TEST(QuantizeWeightsTest, Sqnr) {
  // Scale 1/127; 0.5 becomes 64/127. Signal 1.25; noise (0.5 - 64 s)^2 + (1 - 127 s)^2 with s as
  // float32: 49.0658 dB.
  const std::vector<float> w = {1.0f, 0.5f};
  EXPECT_NEAR(InDouble(w, {.inner = 2}).noise.sqnr_db(), 49.065778604231355, 1e-9);
  const std::vector<float> exact = {127, -3, 0};
  EXPECT_EQ(InDouble(exact, {.inner = 3}).noise.sqnr_db(), std::numeric_limits<double>::infinity());
}

TEST(LayoutOfTest, DepthwiseWeights) {
  const ChannelLayout layout = LayoutOf(Shape({1, 3, 3, 8}), 3);
  EXPECT_EQ(layout.outer, 9);
  EXPECT_EQ(layout.channels, 8);
  EXPECT_EQ(layout.inner, 1);
}

TEST(ScanWeightsTest, RangesOfChannelsAndOfAll) {
  const std::vector<float> w = {1, -5, 2, 0.5f, -0.25f, 4};
  const WeightRange rows = ScanWeights(w, {.channels = 2, .inner = 3});
  EXPECT_THAT(rows.max_abs, ElementsAre(5, 4));
  EXPECT_EQ(rows.min, -5);
  EXPECT_EQ(rows.max, 4);
  EXPECT_EQ(rows.first_non_finite, -1);
  EXPECT_THAT(ScanWeights(w, {.outer = 2, .channels = 3}).max_abs, ElementsAre(1, 5, 4));
  EXPECT_THAT(ScanWeights({}, {.inner = 0}).max_abs, ElementsAre(0));
}

TEST(ScanWeightsTest, ManyThreadsSeeTheSame) {
  std::vector<float> w(300'000);
  for (size_t i = 0; i < w.size(); ++i) w[i] = std::sin(static_cast<float>(i)) * i;
  ThreadPool pool(3);
  for (const ChannelLayout& layout :
       {ChannelLayout{.inner = 300'000}, ChannelLayout{.channels = 3, .inner = 100'000},
        ChannelLayout{.channels = 3000, .inner = 100},
        ChannelLayout{.outer = 1000, .channels = 300}}) {
    const WeightRange one = ScanWeights(w, layout);
    const WeightRange many = ScanWeights(w, layout, &pool);
    EXPECT_EQ(one.max_abs, many.max_abs);
    EXPECT_EQ(one.min, many.min);
    EXPECT_EQ(one.max, many.max);
  }
}

TEST(ScanWeightsTest, NamesWhatIsNotFinite) {
  const float inf = std::numeric_limits<float>::infinity();
  const auto first = [](const std::vector<float>& w) {
    return ScanWeights(w, {.inner = static_cast<int64_t>(w.size())}).first_non_finite;
  };
  EXPECT_EQ(first({1, 2, 3}), -1);
  EXPECT_EQ(first({1, -inf, inf}), 1);
  EXPECT_EQ(first({1, 2, std::nanf("")}), 2);
  EXPECT_EQ(first({-std::nanf(""), 2}), 0);
}

// The plain rule, a weight at a time.
TEST(QuantizeWeightsTest, EveryArithmeticIsItsPlainRule) {
  std::vector<float> w(70'000);
  for (size_t i = 0; i < w.size(); ++i) w[i] = std::sin(0.1f * static_cast<float>(i)) * (i % 97);
  for (const ChannelLayout& layout :
       {ChannelLayout{.channels = 7, .inner = 10'000},
        ChannelLayout{.outer = 10'000, .channels = 7}, ChannelLayout{.inner = 70'000}}) {
    const std::vector<float> largest = ScanWeights(w, layout).max_abs;
    const auto in_double = QuantizeWeights(w, layout, WeightArithmetic::kDouble);
    const auto in_float = QuantizeWeights(w, layout, WeightArithmetic::kFloat);
    const auto by_half = QuantizeWeights(w, layout, WeightArithmetic::kFloatByHalf);
    int wrong = 0;
    for (size_t i = 0; i < w.size(); ++i) {
      const float m = largest[i / layout.inner % layout.channels];
      const double s = 2 * static_cast<double>(m) / 254;
      const float inverse = 1 / (2 * m / 254.0f);
      wrong += in_double.codes[i] != std::round(w[i] / s);
      wrong += in_float.codes[i] != std::round(w[i] * inverse);
      wrong += by_half.codes[i] != std::round(w[i] * (127 / m));
    }
    EXPECT_EQ(wrong, 0);
  }
}

TEST(QuantizeWeightsTest, DeadChannelsHaveAPositiveScaleInEveryArithmetic) {
  for (const WeightArithmetic arithmetic :
       {WeightArithmetic::kDouble, WeightArithmetic::kFloat, WeightArithmetic::kFloatByHalf}) {
    const auto q = QuantizeWeights(std::vector<float>{0, 0, 1e-40f, -1e-40f},
                                   {.channels = 2, .inner = 2}, arithmetic);
    EXPECT_THAT(q.codes, ElementsAre(0, 0, 0, 0));
    for (const float scale : q.scales.scales) EXPECT_NEAR(scale, 3.937008e-09, 1e-15);
  }
}

}  // namespace
}  // namespace octet
