#include "engine/ops/core/fixed_point_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace octet::ops {
namespace {

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
constexpr int32_t kMin = std::numeric_limits<int32_t>::min();

// From the arithmetic that the specification's SOFTMAX states, worked out in wide integers.
TEST(FixedPointMathTest, ExpOfKnownNumbers) {
  EXPECT_EQ(ExpNegative(0), kMax);
  EXPECT_EQ(ExpNegative(-1), 2147483124);
  EXPECT_EQ(ExpNegative(-6310353), 1954755601);
  // Around -1/4, where the next factor sets in.
  EXPECT_EQ(ExpNegative(-(1 << 24) + 1), 1672462444);
  EXPECT_EQ(ExpNegative(-(1 << 24)), 1672462419);
  EXPECT_EQ(ExpNegative(-(1 << 24) - 1), 1672461539);
  EXPECT_EQ(ExpNegative(-(1 << 26)), 790015308);
  EXPECT_EQ(ExpNegative(-(1 << 27) - 12345), 290576784);
  EXPECT_EQ(ExpNegative(-(1 << 30)), 242);
  EXPECT_EQ(ExpNegative(-kMax), 0);
  EXPECT_EQ(ExpNegative(kMin), 0);
}

TEST(FixedPointMathTest, ReciprocalOfKnownNumbers) {
  EXPECT_EQ(ReciprocalOnePlus(0), kMax);
  EXPECT_EQ(ReciprocalOnePlus(756096000), 1588276054);
  EXPECT_EQ(ReciprocalOnePlus(1 << 30), 1431655762);
  EXPECT_EQ(ReciprocalOnePlus(kMax), 1073741820);
}

// The polynomial errs by less than 2^-22 of 1; the Newton iteration by a few units of the last bit.
TEST(FixedPointMathTest, CloseToTheRealFunctions) {
  std::mt19937 random(3);
  for (int i = 0; i < 100000; ++i) {
    const auto a = static_cast<int32_t>(random() >> 1);
    EXPECT_NEAR(ExpNegative(-a), std::exp(-a / 0x1p26) * 0x1p31, 0x1p9);
    EXPECT_NEAR(ReciprocalOnePlus(a), 0x1p31 / (1 + a / 0x1p31), 8);
  }
}

}  // namespace
}  // namespace octet::ops
