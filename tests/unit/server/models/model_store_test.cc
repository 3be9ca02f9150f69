#include "server/models/model_store.h"

#include <linux/magic.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include "server/base/file.h"

namespace octet::server {
namespace {

namespace fs = std::filesystem;

class ModelStoreTest : public testing::Test {
 protected:
  ModelStoreTest() {
    root_ = fs::path(testing::TempDir()) /
            (std::string("store_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~ModelStoreTest() override { fs::remove_all(root_); }

  std::string Stored(const std::string& path) {
    return ReadWholeFile((root_ / path).string()).value_or("nothing");
  }

  fs::path root_;
};

TEST_F(ModelStoreTest, NumbersVersionsFromOne) {
  EXPECT_EQ(*StoreVersion(root_.string(), "m", 0, "first"), 1);
  EXPECT_EQ(*StoreVersion(root_.string(), "m", 0, "second"), 2);
  EXPECT_EQ(Stored("m/1/model.tflite"), "first");
  EXPECT_EQ(Stored("m/2/model.tflite"), "second");
}

TEST_F(ModelStoreTest, CountsOnFromABareFile) {
  std::ofstream(root_ / "m.tflite") << "x";
  EXPECT_EQ(*StoreVersion(root_.string(), "m", 0, "y"), 2);
}

TEST_F(ModelStoreTest, TakesTheVersionThatIsAskedForOnce) {
  EXPECT_EQ(*StoreVersion(root_.string(), "m", 7, "seven"), 7);
  EXPECT_EQ(StoreVersion(root_.string(), "m", 7, "again").status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Stored("m/7/model.tflite"), "seven");
}

TEST_F(ModelStoreTest, LeavesNothingElseBehind) {
  fs::create_directories(root_ / "m/.1.new");  // of a writer that was cut off
  std::ofstream(root_ / "m/.1.new/model.tflite") << "half";
  ASSERT_TRUE(StoreVersion(root_.string(), "m", 1, "whole").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "m"), fs::directory_iterator()), 1);
  EXPECT_EQ(Stored("m/1/model.tflite"), "whole");
}

TEST_F(ModelStoreTest, RefusesNamesThatArePaths) {
  EXPECT_EQ(StoreVersion(root_.string(), "../m", 1, "x").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ModelStore, AReadOnlyRepositoryIsPermissionDenied) {
  // Nobody can make a directory there, not even the superuser, whom permissions do not stop.
  struct statfs info;
  if (statfs("/sys", &info) != 0 || info.f_type != SYSFS_MAGIC) {
    GTEST_SKIP() << "/sys is not mounted";
  }
  EXPECT_EQ(StoreVersion("/sys", "octet_test_model", 1, "x").status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(ModelStoreTest, AFileThatCannotBeWrittenLeavesNothing) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 4, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::StatusCode code = StoreVersion(root_.string(), "m", 0, "too long").status().code();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  EXPECT_EQ(code, absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(ModelStoreTest, WhatIsTakenBackIsGone) {
  ASSERT_TRUE(StoreVersion(root_.string(), "m", 1, "x").ok());
  RemoveVersion(root_.string(), "m", 1);
  EXPECT_TRUE(fs::is_empty(root_));
  EXPECT_EQ(*StoreVersion(root_.string(), "m", 0, "y"), 1);
}

}  // namespace
}  // namespace octet::server
