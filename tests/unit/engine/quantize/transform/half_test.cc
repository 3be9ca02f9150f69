#include "engine/quantize/transform/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace octet {
namespace {

// Every half is its own nearest, and between two of them the one with the even code takes the tie.
TEST(HalfTest, EveryFiniteHalfAndEveryTie) {
  for (uint32_t code = 0; code < 31u << 10; ++code) {
    const auto half = static_cast<uint16_t>(code);
    const float value = FloatFromHalf(half);
    ASSERT_EQ(HalfFromFloat(value), half);
    ASSERT_EQ(HalfFromFloat(-value), half | 0x8000);
    if (code + 1 == 31u << 10) continue;
    const float next = FloatFromHalf(static_cast<uint16_t>(code + 1));
    ASSERT_LT(value, next);
    const float tie = (value + next) / 2;
    ASSERT_EQ(HalfFromFloat(tie), code % 2 == 0 ? half : half + 1);
    ASSERT_EQ(HalfFromFloat(std::nextafter(tie, 0.0f)), half);
    ASSERT_EQ(HalfFromFloat(std::nextafter(tie, 1e9f)), half + 1);
  }
}

TEST(HalfTest, KnownValues) {
  EXPECT_EQ(FloatFromHalf(0x3c00), 1.0f);
  EXPECT_EQ(FloatFromHalf(0xc000), -2.0f);
  EXPECT_EQ(FloatFromHalf(0x0001), 0x1p-24f);
  EXPECT_EQ(FloatFromHalf(0x7bff), 65504.0f);
  EXPECT_EQ(FloatFromHalf(0x7c00), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(FloatFromHalf(0x7e00)));
  EXPECT_EQ(HalfFromFloat(3e-8f), 0x0001);
  EXPECT_EQ(HalfFromFloat(1e-8f), 0x0000);
}

TEST(HalfTest, BeyondTheRangeIsTheLargest) {
  EXPECT_EQ(HalfFromFloat(65520), 0x7bff);
  EXPECT_EQ(HalfFromFloat(-1e30f), 0xfbff);
}

TEST(HalfEncoderTest, CountsAndNoise) {
  const std::vector<float> values = {1, 1e6f, 1e-9f, 0};
  HalfEncoder encoder(values);
  std::vector<uint16_t> halves(4);
  for (int64_t i = 0; i < encoder.pieces(); ++i) {
    encoder.Encode(i, absl::MakeSpan(reinterpret_cast<std::byte*>(halves.data()), 8));
  }
  EXPECT_EQ(halves, (std::vector<uint16_t>{0x3c00, 0x7bff, 0, 0}));
  EXPECT_EQ(encoder.clamped(), 1);
  EXPECT_EQ(encoder.vanished(), 1);
  const double lost = 1e6 - 65504;
  EXPECT_NEAR(encoder.noise().noise, lost * lost, 1);
}

}  // namespace
}  // namespace octet
