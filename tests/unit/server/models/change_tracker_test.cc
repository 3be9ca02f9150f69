#include "server/models/change_tracker.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr milliseconds kSettle(1000);

ModelFingerprint Files(int64_t size) {
  return {.present = true, .versions = {{1, {.inode = 7, .size = size}}}};
}

class ChangeTrackerTest : public testing::Test {
 protected:
  std::vector<std::string> ObserveAt(milliseconds time) {
    return tracker_.Observe(disk_, loaded_, start_ + time);
  }

  const MonotonicTime start_{std::chrono::hours(1)};
  ChangeTracker tracker_{kSettle};
  RepositoryFingerprint disk_ = {{"m", Files(10)}};
  RepositoryFingerprint loaded_ = {{"m", Files(10)}};
};

TEST_F(ChangeTrackerTest, WhatWasLoadedIsNoChange) {
  EXPECT_THAT(ObserveAt(milliseconds(0)), IsEmpty());
  EXPECT_EQ(tracker_.NextLook(), kNever);
}

TEST_F(ChangeTrackerTest, AChangeCountsOnceItHasSettled) {
  disk_["m"] = Files(11);
  EXPECT_THAT(ObserveAt(milliseconds(0)), IsEmpty());
  EXPECT_EQ(tracker_.NextLook(), start_ + kSettle);
  EXPECT_THAT(ObserveAt(milliseconds(999)), IsEmpty());
  EXPECT_THAT(ObserveAt(milliseconds(1000)), ElementsAre("m"));
  loaded_ = disk_;
  EXPECT_THAT(ObserveAt(milliseconds(5000)), IsEmpty());
}

TEST_F(ChangeTrackerTest, AFileThatGrowsIsLeftAlone) {
  for (int i = 0; i < 20; ++i) {
    disk_["m"] = Files(11 + i);
    EXPECT_THAT(ObserveAt(milliseconds(900 * i)), IsEmpty()) << i;
  }
  EXPECT_EQ(tracker_.NextLook(), start_ + milliseconds(900 * 19) + kSettle);
  EXPECT_THAT(ObserveAt(milliseconds(900 * 19 + 1000)), ElementsAre("m"));
}

TEST_F(ChangeTrackerTest, AChangeThatIsTakenBackIsNone) {
  disk_["m"] = Files(11);
  EXPECT_THAT(ObserveAt(milliseconds(0)), IsEmpty());
  disk_["m"] = Files(10);
  EXPECT_THAT(ObserveAt(milliseconds(500)), IsEmpty());
  disk_["m"] = Files(11);
  EXPECT_THAT(ObserveAt(milliseconds(1100)), IsEmpty());  // it begins anew
}

TEST_F(ChangeTrackerTest, ModelsComeAndGo) {
  disk_ = {{"new", Files(1)}};
  EXPECT_THAT(ObserveAt(milliseconds(0)), IsEmpty());
  EXPECT_THAT(ObserveAt(milliseconds(1000)), ElementsAre("m", "new"));
}

TEST_F(ChangeTrackerTest, WhatWasLoadedFromARequestAloneStays) {
  loaded_["from_request"] = ModelFingerprint();  // nothing of it is on disk
  EXPECT_THAT(ObserveAt(milliseconds(0)), IsEmpty());
  EXPECT_THAT(ObserveAt(milliseconds(5000)), IsEmpty());
}

TEST_F(ChangeTrackerTest, ModelsSettleOnTheirOwn) {
  disk_["a"] = Files(1);
  EXPECT_THAT(ObserveAt(milliseconds(0)), IsEmpty());
  disk_["b"] = Files(1);
  EXPECT_THAT(ObserveAt(milliseconds(600)), IsEmpty());
  EXPECT_EQ(tracker_.NextLook(), start_ + kSettle);
  EXPECT_THAT(ObserveAt(milliseconds(1000)), ElementsAre("a"));
  loaded_["a"] = Files(1);
  EXPECT_THAT(ObserveAt(milliseconds(1600)), ElementsAre("b"));
}

}  // namespace
}  // namespace octet::server
