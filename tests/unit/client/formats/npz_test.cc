#include "client/formats/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/formats/npy.h"
#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kLimit = 1 << 20;

std::string SmallArray() { return SerializeNpy({DataType::kInt8, {2}, "ab"}); }

TEST(NpzTest, ReadsEveryArray) {
  const std::string file =
      MakeZip({{"x.npy", SerializeNpy({DataType::kFp32, {2, 1}, Bytes<float>({1, 2})})},
               {"a/labels.npy", SmallArray()}});
  const auto arrays = ParseNpz(file, kLimit);
  ASSERT_TRUE(arrays.ok()) << arrays.status();
  ASSERT_EQ(arrays->size(), 2);
  EXPECT_THAT(arrays->at("x").shape, ElementsAre(2, 1));
  EXPECT_THAT(Values<float>(arrays->at("x").data), ElementsAre(1, 2));
  EXPECT_EQ(arrays->at("a/labels").data, "ab");
}

TEST(NpzTest, WhatIsNoArchiveOfArraysIsAnError) {
  const std::string good = MakeZip({{"x.npy", SmallArray()}});
  const std::pair<std::string, const char*> cases[] = {
      {"", ".npz"},
      {"not a zip", ".npz"},
      {good.substr(0, good.size() / 2), ".npz"},
      {MakeZip({{"readme.txt", "hello"}}), "readme.txt is no .npy"},
      {MakeZip({{"x.npy", "hello"}}), "x: not a readable .npy"},
  };
  for (const auto& [file, message] : cases) {
    const absl::Status status = ParseNpz(file, kLimit).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
}

TEST(NpzTest, ArraysLargerThanTheBoundAreNeverUnpacked) {
  const std::string zeros(64 << 20, '\0');
  const std::string file = MakeZip(
      {{"x.npy", SerializeNpy({DataType::kInt8, {static_cast<int64_t>(zeros.size())}, zeros})}});
  EXPECT_LT(file.size(), 1 << 20);
  EXPECT_EQ(ParseNpz(file, kLimit).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(NpzTest, TheBoundIsForAllArraysTogether) {
  const std::string file = MakeZip({{"x.npy", SmallArray()}, {"y.npy", SmallArray()}});
  const int64_t both = 2 * static_cast<int64_t>(SmallArray().size());
  EXPECT_TRUE(ParseNpz(file, both).ok());
  EXPECT_EQ(ParseNpz(file, both - 1).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(NpzTest, ALieAboutTheSizeIsAnError) {
  const std::string array = SerializeNpy({DataType::kInt8, {4096}, std::string(4096, 'a')});
  std::string file = MakeZip({{"x.npy", array}});
  // The uncompressed size in the central directory, 24 bytes after its mark.
  const size_t entry = file.find("PK\x01\x02");
  ASSERT_NE(entry, std::string::npos);
  file[entry + 24] = 1;
  file[entry + 25] = 0;
  EXPECT_EQ(ParseNpz(file, kLimit).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(NpzTest, NoFlippedByteOfTheDataGoesUnseen) {
  const std::string file = MakeZip({{"x.npy", SerializeNpy({DataType::kInt8, {8}, "abcdefgh"})}});
  const size_t data = file.find("x.npy") + 5;
  const size_t directory = file.find("PK\x01\x02");
  for (size_t i = data; i < directory; ++i) {
    std::string broken = file;
    broken[i] = static_cast<char>(broken[i] ^ 0x10);
    const auto arrays = ParseNpz(broken, kLimit);
    if (arrays.ok()) {
      EXPECT_EQ(arrays->at("x").data, "abcdefgh") << i;
    }
  }
}

}  // namespace
}  // namespace octet::client
