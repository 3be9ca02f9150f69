#include "client/cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

namespace octet::client {
namespace {

using ::testing::HasSubstr;

TEST(ProgressBarTest, WritesNothingWhereItIsNotVisible) {
  std::ostringstream out;
  {
    ProgressBar bar(out, false);
    bar.Update(0.5, "a");
    bar.Clear();
  }
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBarTest, DrawsOnOneLineAndErasesItself) {
  std::ostringstream out;
  {
    ProgressBar bar(out, true);
    bar.Update(0.5, "b.npy");
  }
  EXPECT_EQ(out.str(),
            "\r[###############---------------]  50% b.npy\x1b[K"
            "\r\x1b[K");
}

TEST(ProgressBarTest, DrawsOnlyWhatLooksDifferent) {
  std::ostringstream out;
  ProgressBar bar(out, true);
  bar.Update(0.500, "a");
  const size_t size = out.str().size();
  bar.Update(0.501, "a");
  EXPECT_EQ(out.str().size(), size);
  bar.Update(0.501, "b");
  EXPECT_GT(out.str().size(), size);
}

TEST(ProgressBarTest, DrawsAgainAfterBeingCleared) {
  std::ostringstream out;
  ProgressBar bar(out, true);
  bar.Update(0.5, "a");
  bar.Clear();
  out.str("");
  bar.Update(0.5, "a");
  EXPECT_THAT(out.str(), HasSubstr("50% a"));
}

TEST(ProgressBarTest, FractionsBeyondTheScaleAndHostileNotesAreTamed) {
  std::ostringstream out;
  ProgressBar bar(out, true);
  bar.Update(7, "");
  EXPECT_THAT(out.str(), HasSubstr("[##############################] 100%"));
  bar.Update(-1, std::string(500, 'n'));
  bar.Update(std::numeric_limits<double>::quiet_NaN(), "\x1b[2J");
  EXPECT_THAT(out.str(), HasSubstr("  0% \\x1b[2J"));
  EXPECT_LT(out.str().size(), 300);
}

}  // namespace
}  // namespace octet::client
