#include "client/lib/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::HasSubstr;

TEST(FilesTest, ReadsWhatWasWrittenAndLeavesNothingElse) {
  const TemporaryFolder folder;
  const std::string bytes(3 << 20, 'x');
  ASSERT_TRUE(WriteFile(folder.path("a"), bytes).ok());
  ASSERT_TRUE(WriteFile(folder.path("a"), bytes + "y").ok());
  EXPECT_EQ(*ReadFile(folder.path("a"), 4 << 20), bytes + "y");
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(FilesTest, TheBoundIsInclusive) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("a", "12345");
  EXPECT_TRUE(ReadFile(path, 5).ok());
  EXPECT_EQ(ReadFile(path, 4).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(FilesTest, ErrorsNameThePath) {
  const TemporaryFolder folder;
  const absl::Status missing = ReadFile(folder.path("none"), 10).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(folder.path("none")));
  const absl::Status is_folder = ReadFile(folder.path(), 10).status();
  EXPECT_EQ(is_folder.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(is_folder.message()), HasSubstr("folder"));
  EXPECT_EQ(WriteFile(folder.path("none/a"), "x").code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace octet::client
