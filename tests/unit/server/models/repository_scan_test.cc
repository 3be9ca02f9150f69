#include "server/models/repository_scan.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RepositoryScanTest : public testing::Test {
 protected:
  RepositoryScanTest() {
    base_ = fs::path(testing::TempDir()) /
            (std::string("scan_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(base_);
    root_ = base_ / "models";
    fs::create_directories(root_);
  }
  ~RepositoryScanTest() override { fs::remove_all(base_); }

  void Put(const fs::path& relative) {
    fs::create_directories((root_ / relative).parent_path());
    std::ofstream(root_ / relative) << "x";
  }
  std::vector<ModelFiles> Scan() {
    absl::StatusOr<std::vector<ModelFiles>> models = ScanRepository(root_.string());
    EXPECT_TRUE(models.ok()) << models.status();
    return models.ok() ? *models : std::vector<ModelFiles>();
  }

  fs::path base_;
  fs::path root_;
};

TEST_F(RepositoryScanTest, FindsVersionsBareFilesAndSettings) {
  Put("b/2/model.tflite");
  Put("b/10/model.tflite");
  Put("b/config.pbtxt");
  Put("b/labels.txt");
  Put("a.tflite");
  Put("README.md");
  Put(".hidden/1/model.tflite");
  const std::vector<ModelFiles> models = Scan();
  ASSERT_EQ(models.size(), 2);
  EXPECT_EQ(models[0].name, "a");
  ASSERT_EQ(models[0].versions.size(), 1);
  EXPECT_EQ(models[0].versions[0].version, 1);
  EXPECT_EQ(models[0].config_path, "");
  EXPECT_EQ(models[1].name, "b");
  ASSERT_EQ(models[1].versions.size(), 2);
  EXPECT_EQ(models[1].versions[0].version, 2);
  EXPECT_EQ(models[1].versions[1].version, 10);
  EXPECT_TRUE(models[1].versions[1].status.ok());
  EXPECT_THAT(models[1].config_path, HasSubstr("config.pbtxt"));
}

TEST_F(RepositoryScanTest, AFileAndADirectoryOfOneNameAreOneModel) {
  Put("m.tflite");
  Put("m/2/model.tflite");
  const std::vector<ModelFiles> models = Scan();
  ASSERT_EQ(models.size(), 1);
  ASSERT_EQ(models[0].versions.size(), 2);
}

TEST_F(RepositoryScanTest, BrokenOnesAreListedWithAReason) {
  fs::create_directories(root_ / "empty");
  fs::create_directories(root_ / "hollow/1");
  Put("bad name/1/model.tflite");
  const std::vector<ModelFiles> models = Scan();
  ASSERT_EQ(models.size(), 3);
  EXPECT_EQ(models[0].status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(models[1].status.message()), HasSubstr("has no version"));
  EXPECT_TRUE(models[2].status.ok());
  EXPECT_EQ(models[2].versions[0].status.code(), absl::StatusCode::kNotFound);
}

TEST_F(RepositoryScanTest, LinksMayNotLeaveTheRepository) {
  std::ofstream(base_ / "secret.tflite") << "x";
  fs::create_directories(base_ / "outside/1");
  std::ofstream(base_ / "outside/1/model.tflite") << "x";
  fs::create_symlink(base_ / "secret.tflite", root_ / "file.tflite");
  fs::create_symlink("../outside", root_ / "whole");
  Put("real/1/model.tflite");
  fs::create_symlink("real", root_ / "within");
  const std::vector<ModelFiles> models = Scan();
  ASSERT_EQ(models.size(), 4);
  EXPECT_EQ(models[0].versions[0].status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(models[1].status.ok() && models[1].versions[0].status.ok());
  EXPECT_EQ(models[2].name, "whole");
  EXPECT_EQ(models[2].status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(models[3].name, "within");
  EXPECT_TRUE(models[3].versions[0].status.ok());
}

TEST_F(RepositoryScanTest, ADirectoryBesideTheRepositoryIsNotInsideIt) {
  // Its path begins with the repository's.
  fs::create_directories(base_ / "models2/1");
  std::ofstream(base_ / "models2/1/model.tflite") << "x";
  fs::create_symlink("../models2", root_ / "m");
  EXPECT_EQ(Scan()[0].status.code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(RepositoryScanTest, OneModel) {
  Put("m/1/model.tflite");
  EXPECT_EQ(ScanModel(root_.string(), "m")->versions.size(), 1);
  EXPECT_EQ(ScanModel(root_.string(), "n").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ScanModel(root_.string(), "../models/m").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(RepositoryScanTest, AMissingDirectoryIsAnError) {
  EXPECT_EQ(ScanRepository((base_ / "absent").string()).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(ParseVersion, TakesPositiveIntegersAlone) {
  EXPECT_EQ(*ParseVersion("1"), 1);
  EXPECT_EQ(*ParseVersion("123456789012345678"), 123456789012345678);
  for (const char* text : {"", "0", "01", "-1", "+1", " 1", "1.0", "v1", "1234567890123456789"}) {
    EXPECT_EQ(ParseVersion(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(IsModelName, IsSafeAsPartOfAPath) {
  EXPECT_TRUE(IsModelName("a"));
  EXPECT_TRUE(IsModelName("mobilenet_v1-0.25"));
  EXPECT_TRUE(IsModelName(std::string(128, 'a')));
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a b"),
        std::string("a\0b", 3), std::string("\xc3\xa4"), std::string(129, 'a')}) {
    EXPECT_FALSE(IsModelName(name)) << name;
  }
}

}  // namespace
}  // namespace octet::server
