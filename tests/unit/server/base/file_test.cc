#include "server/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

namespace octet::server {
namespace {

TEST(ReadWholeFileTest, ReadsEveryByte) {
  const std::string path = ::testing::TempDir() + "/octet_read_whole_file";
  const std::string bytes("a\0b\n", 4);
  std::remove(path.c_str());
  ASSERT_TRUE(WriteNewFile(path, bytes).ok());
  const absl::StatusOr<std::string> read = ReadWholeFile(path);
  std::remove(path.c_str());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, bytes);
}

TEST(ReadWholeFileTest, TakesFilesAlone) {
  EXPECT_EQ(ReadWholeFile(::testing::TempDir()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadWholeFile("no/such/file").status().code(), absl::StatusCode::kNotFound);
}

// The kernel says 4096 bytes and hands out a few: what a file does that is cut while it is read.
TEST(ReadWholeFileTest, AFileThatEndsEarlyIsNamed) {
  const std::string cut = "/sys/devices/system/cpu/online";
  std::error_code error;
  if (std::filesystem::file_size(cut, error) != 4096) GTEST_SKIP() << cut << " is not there";
  const absl::Status status = ReadWholeFile(cut).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), ::testing::ContainsRegex(cut + ".*of 4096 bytes"));
}

}  // namespace
}  // namespace octet::server
