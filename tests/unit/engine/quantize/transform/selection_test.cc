#include "engine/quantize/transform/selection.h"

#include <gtest/gtest.h>

#include <string>

namespace octet {
namespace {

TEST(MatchesPatternTest, StarsAndQuestionMarks) {
  EXPECT_TRUE(MatchesPattern("CONV_2D", "CONV_2D"));
  EXPECT_FALSE(MatchesPattern("CONV", "CONV_2D"));
  EXPECT_TRUE(MatchesPattern("*CONV_2D", "DEPTHWISE_CONV_2D"));
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(MatchesPattern("a*b*c", "a-b-b-d"));
  EXPECT_TRUE(MatchesPattern("a?c", "abc"));
  EXPECT_FALSE(MatchesPattern("a?c", "ac"));
  EXPECT_FALSE(MatchesPattern("", "a"));
  EXPECT_FALSE(MatchesPattern("?", ""));
}

TEST(MatchesPatternTest, ManyStarsEndSoon) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesPattern(pattern + "b", std::string(10'000, 'a')));
}

}  // namespace
}  // namespace octet
