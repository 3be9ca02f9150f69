#include "engine/kernels/fixed_point.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace octet::kernels {
namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

TEST(FixedPointTest, MakesNormalizedMultipliers) {
  const auto expect = [](double real, int32_t multiplier, int32_t exponent) {
    const FixedPointMultiplier m = MakeFixedPointMultiplier(real);
    EXPECT_EQ(m.multiplier, multiplier) << real;
    EXPECT_EQ(m.exponent, exponent) << real;
  };
  expect(0, 0, 0);
  expect(1, 1 << 30, 1);
  expect(0.5, 1 << 30, 0);
  expect(0.75, 3 << 29, 0);
  expect(0.00148256670804, 1630099334, -9);
  // Rounds up to the next power of two.
  expect(1.0 - std::ldexp(1.0, -40), 1 << 30, 1);
  // The smallest that is kept, and the largest that is not.
  expect(std::ldexp(1.0, -32), 1 << 30, -31);
  expect(std::ldexp(0.999, -32), 0, 0);
}

TEST(FixedPointTest, DoublingHighMulRoundsTiesUp) {
  EXPECT_EQ(DoublingHighMul(1 << 30, 1), 1);     // 0.5
  EXPECT_EQ(DoublingHighMul(-(1 << 30), 1), 0);  // -0.5
  EXPECT_EQ(DoublingHighMul(1 << 30, 3), 2);     // 1.5
  EXPECT_EQ(DoublingHighMul(-(1 << 30), 3), -1);
  EXPECT_EQ(DoublingHighMul(kMin, kMin), kMax);
  EXPECT_EQ(DoublingHighMul(kMin, kMax), kMin + 1);
  EXPECT_EQ(DoublingHighMul(-(2 << 22), 1615450496), -6310353);  // -6310353.5
}

TEST(FixedPointTest, RoundingShiftRightRoundsTiesAway) {
  EXPECT_EQ(RoundingShiftRight(-3328, 9), -7);  // -6.5
  EXPECT_EQ(RoundingShiftRight(3328, 9), 7);
  EXPECT_EQ(RoundingShiftRight(3327, 9), 6);
  EXPECT_EQ(RoundingShiftRight(-3327, 9), -6);
  EXPECT_EQ(RoundingShiftRight(-5, 0), -5);
  EXPECT_EQ(RoundingShiftRight(kMin, 31), -1);
  EXPECT_EQ(RoundingShiftRight(kMax, 31), 1);
  EXPECT_EQ(RoundingShiftRight(1 << 30, 31), 1);
  EXPECT_EQ(RoundingShiftRight(-(1 << 30), 31), -1);
  EXPECT_EQ(RoundingShiftRight((1 << 30) - 1, 31), 0);
}

TEST(FixedPointTest, MultipliesWithTwoRoundings) {
  EXPECT_EQ(MultiplyByFixedPoint(-4384, {1630099334, -9}), -7);
  EXPECT_EQ(MultiplyByFixedPoint(310, {615340325, -1}), 45);  // 88.8 -> 89 -> 44.5 -> 45
  EXPECT_EQ(MultiplyByFixedPoint(1000, {0, 0}), 0);
}

TEST(FixedPointTest, LeftShiftWraps) {
  EXPECT_EQ(MultiplyByFixedPoint(1 << 30, {1 << 30, 1}), -(1 << 30));
  EXPECT_EQ(MultiplyByFixedPoint(3, {1 << 30, 30}), -(1 << 29));
}

}  // namespace
}  // namespace octet::kernels
