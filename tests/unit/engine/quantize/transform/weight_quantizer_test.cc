#include "engine/quantize/transform/weight_quantizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace octet {
namespace {

using ::testing::ElementsAre;

TEST(QuantizeWeightsTest, TiesGoAwayFromZero) {
  // max|w| = 127 makes the scale 1.
  const std::vector<float> w = {127, 0.5f, 1.5f, 2.5f, -2.5f, -0.5f, 126.5f, -127, 0.49f};
  const QuantizedWeights q = QuantizeWeights(w, {.inner = 9});
  EXPECT_THAT(q.scales, ElementsAre(1.0f));
  EXPECT_THAT(q.codes, ElementsAre(127, 1, 2, 3, -3, -1, 127, -127, 0));
  EXPECT_EQ(q.min, -127);
  EXPECT_EQ(q.max, 127);
}

TEST(QuantizeWeightsTest, LowestCodeIsMinus127) {
  const std::vector<float> w = {-1.0f, 0.25f};
  EXPECT_THAT(QuantizeWeights(w, {.inner = 2}).codes, ElementsAre(-127, 32));
}

// Dividing by the stored float32 scale, or in float32, gives 115 and 36.
TEST(QuantizeWeightsTest, DividesInDoubleByTheUnroundedScale) {
  const std::vector<float> w = {0x1.6acdep+1f, 0x1.47185ap+1f, 0x1.b68e0ep+0f, 0x1.ea5a4cp-2f};
  const QuantizedWeights q = QuantizeWeights(w, {.channels = 2, .inner = 2});
  EXPECT_THAT(q.codes, ElementsAre(127, 114, 127, 35));
  EXPECT_THAT(q.scales, ElementsAre(0.022318171f, 0.013489016f));
}

TEST(QuantizeWeightsTest, DeadAndTinyChannelsHavePositiveScale) {
  const std::vector<float> w = {0, 0, 1e-30f, -1e-30f, 3e-7f, -3e-7f, 5e-7f, 1e-40f};
  const QuantizedWeights q = QuantizeWeights(w, {.channels = 4, .inner = 2});
  EXPECT_THAT(q.scales, ElementsAre(3.937008e-09f, 3.937008e-09f, 3.937008e-09f, 3.937008e-09f));
  EXPECT_THAT(q.codes, ElementsAre(0, 0, 0, 0, 76, -76, 127, 0));
}

TEST(QuantizeWeightsTest, ChannelsAlongEachAxis) {
  // [2,3]: rows 1,2,4 and 10,20,40.
  const std::vector<float> w = {1, 2, 4, 10, 20, 40};
  const Shape shape({2, 3});
  const QuantizedWeights rows = QuantizeWeights(w, LayoutOf(shape, 0));
  EXPECT_THAT(rows.scales, ElementsAre(4.0f / 127, 40.0f / 127));
  EXPECT_THAT(rows.codes, ElementsAre(32, 64, 127, 32, 64, 127));
  const QuantizedWeights columns = QuantizeWeights(w, LayoutOf(shape, 1));
  EXPECT_THAT(columns.scales, ElementsAre(10.0f / 127, 20.0f / 127, 40.0f / 127));
  EXPECT_THAT(columns.codes, ElementsAre(13, 13, 13, 127, 127, 127));
  const QuantizedWeights one = QuantizeWeights(w, LayoutOf(shape, kPerTensor));
  EXPECT_THAT(one.scales, ElementsAre(40.0f / 127));
  EXPECT_THAT(one.codes, ElementsAre(3, 6, 13, 32, 64, 127));
}

TEST(QuantizeWeightsTest, Sqnr) {
  // Scale 1/127; 0.5 becomes 64/127. Signal 1.25; noise (0.5 - 64 s)^2 + (1 - 127 s)^2 with s as
  // float32: 49.0658 dB.
  const std::vector<float> w = {1.0f, 0.5f};
  EXPECT_NEAR(QuantizeWeights(w, {.inner = 2}).sqnr_db, 49.065778604231355, 1e-9);
  const std::vector<float> exact = {127, -3, 0};
  EXPECT_EQ(QuantizeWeights(exact, {.inner = 3}).sqnr_db, std::numeric_limits<double>::infinity());
}

TEST(LayoutOfTest, DepthwiseWeights) {
  const ChannelLayout layout = LayoutOf(Shape({1, 3, 3, 8}), 3);
  EXPECT_EQ(layout.outer, 9);
  EXPECT_EQ(layout.channels, 8);
  EXPECT_EQ(layout.inner, 1);
}

TEST(FirstNonFiniteTest, NamesIt) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(FirstNonFinite(std::vector<float>{1, 2, 3}), -1);
  EXPECT_EQ(FirstNonFinite(std::vector<float>{1, -inf, inf}), 1);
  EXPECT_EQ(FirstNonFinite(std::vector<float>{1, 2, std::nanf("")}), 2);
}

}  // namespace
}  // namespace octet
