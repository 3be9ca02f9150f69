#include "engine/base/checked_math.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace octet {
namespace {

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
constexpr int32_t kMin = std::numeric_limits<int32_t>::min();

TEST(CheckedMathTest, AddsUpToTheEdges) {
  int32_t out = 0;
  EXPECT_TRUE(CheckedAdd(kMax - 1, 1, &out));
  EXPECT_EQ(out, kMax);
  EXPECT_FALSE(CheckedAdd(kMax, 1, &out));
  EXPECT_TRUE(CheckedAdd(kMin, kMax, &out));
  EXPECT_EQ(out, -1);
  EXPECT_FALSE(CheckedAdd(kMin, -1, &out));
}

TEST(CheckedMathTest, MultipliesUpToTheEdges) {
  int64_t out = 0;
  EXPECT_TRUE(CheckedMul(int64_t{1} << 31, int64_t{1} << 31, &out));
  EXPECT_EQ(out, int64_t{1} << 62);
  EXPECT_FALSE(CheckedMul(int64_t{1} << 32, int64_t{1} << 31, &out));
  EXPECT_FALSE(CheckedMul(std::numeric_limits<int64_t>::min(), int64_t{-1}, &out));
  EXPECT_TRUE(CheckedMul(int64_t{0}, std::numeric_limits<int64_t>::min(), &out));
  EXPECT_EQ(out, 0);
}

TEST(CheckedMathTest, RoundsUp) {
  EXPECT_EQ(RoundUp(0, 64), 0);
  EXPECT_EQ(RoundUp(1, 64), 64);
  EXPECT_EQ(RoundUp(64, 64), 64);
  EXPECT_EQ(RoundUp(65, 64), 128);
  EXPECT_EQ(CeilDiv(0, 3), 0);
  EXPECT_EQ(CeilDiv(7, 3), 3);
  EXPECT_EQ(CeilDiv(9, 3), 3);
}

}  // namespace
}  // namespace octet
