#include "client/formats/png.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <zlib.h>

#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::HasSubstr;

TEST(PngTest, ReadsGrayRgbAndRgba) {
  const std::tuple<int, int, std::string> cases[] = {
      {PNG_COLOR_TYPE_GRAY, 1, "abcdef"},
      {PNG_COLOR_TYPE_RGB, 3, "abcdefghijklmnopqr"},
      {PNG_COLOR_TYPE_RGBA, 4, "abcdefghijklmnopqrstuvwx"},
  };
  for (const auto& [color, channels, pixels] : cases) {
    const auto picture = ParsePng(MakePng(3, 2, color, pixels));
    ASSERT_TRUE(picture.ok()) << picture.status();
    EXPECT_EQ(picture->width, 3);
    EXPECT_EQ(picture->height, 2);
    EXPECT_EQ(picture->channels, channels);
    EXPECT_EQ(picture->pixels, pixels);
  }
}

TEST(PngTest, WidensFewBitsAndPalettes) {
  // Bits 1 0 1 1.
  EXPECT_EQ(ParsePng(MakePng(4, 1, PNG_COLOR_TYPE_GRAY, "\xb0", 1))->pixels,
            std::string("\xff\x00\xff\xff", 4));
  const auto indexed =
      ParsePng(MakePng(2, 1, PNG_COLOR_TYPE_PALETTE, std::string("\x01\x00", 2), 8, "rgbRGB"));
  ASSERT_TRUE(indexed.ok()) << indexed.status();
  EXPECT_EQ(indexed->channels, 3);
  EXPECT_EQ(indexed->pixels, "RGBrgb");
}

TEST(PngTest, GrayWithOpacityBecomesRgba) {
  const auto picture = ParsePng(MakePng(1, 1, PNG_COLOR_TYPE_GRAY_ALPHA, "gA"));
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->channels, 4);
  EXPECT_EQ(picture->pixels, "gggA");
}

TEST(PngTest, SixteenBitsAreRefusedByName) {
  const absl::Status status = ParsePng(MakePng(1, 1, PNG_COLOR_TYPE_GRAY, "ab", 16)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("16 bits"));
}

TEST(PngTest, NoPrefixOfAFileIsReadable) {
  const std::string file = MakePng(3, 2, PNG_COLOR_TYPE_GRAY, "abcdef");
  for (size_t size = 0; size < file.size(); ++size) {
    const absl::Status status = ParsePng(file.substr(0, size)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << size;
  }
}

TEST(PngTest, FlippedBitsNeverCrash) {
  const std::string pixels = "abcdefghijklmnopqr";
  const std::string file = MakePng(3, 2, PNG_COLOR_TYPE_RGB, pixels);
  int refused = 0;
  for (size_t i = 0; i < file.size() * 8; ++i) {
    std::string broken = file;
    broken[i / 8] = static_cast<char>(broken[i / 8] ^ 1 << i % 8);
    refused += ParsePng(broken).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 0);
}

// The same file with another size in its header, whose checksum is made right again.
std::string WithSize(std::string file, uint32_t width, uint32_t height) {
  const auto put = [&](size_t at, uint32_t value) {
    for (int i = 0; i < 4; ++i) file[at + i] = static_cast<char>(value >> (24 - 8 * i));
  };
  put(16, width);
  put(20, height);
  put(29, crc32(0, reinterpret_cast<const Bytef*>(file.data()) + 12, 17));
  return file;
}

TEST(PngTest, SizesThatNoMemoryHoldsAreRefused) {
  const std::string file = MakePng(1, 1, PNG_COLOR_TYPE_GRAY, "a");
  EXPECT_TRUE(ParsePng(WithSize(file, 1, 1)).ok());
  for (const auto& [width, height] : std::vector<std::pair<uint32_t, uint32_t>>{
           {0x7fffffff, 0x7fffffff}, {1 << 20, 1 << 20}, {1 << 14, 1 << 13}, {0, 1}}) {
    EXPECT_EQ(ParsePng(WithSize(file, width, height)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << width;
  }
}

TEST(PngTest, ChannelsAreAddedAndDroppedWithoutLoss) {
  EXPECT_EQ(WithChannels({1, 2, 1, "ab"}, 3)->pixels, "aaabbb");
  EXPECT_EQ(WithChannels({1, 1, 1, "a"}, 4)->pixels, "aaa\xff");
  EXPECT_EQ(WithChannels({1, 1, 3, "abc"}, 4)->pixels, "abc\xff");
  EXPECT_EQ(WithChannels({1, 1, 4, "abc\xff"}, 3)->pixels, "abc");
  // 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
  EXPECT_EQ(static_cast<uint8_t>(WithChannels({1, 1, 3, "\xc8\x64\x32"}, 1)->pixels[0]), 124);
  EXPECT_EQ(WithChannels({1, 1, 1, "a"}, 1)->pixels, "a");
}

TEST(PngTest, TransparencyIsNotThrownAway) {
  const absl::Status status = WithChannels({1, 1, 4, "abc\xfe"}, 3).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("transparent"));
  EXPECT_FALSE(WithChannels({1, 1, 1, "a"}, 2).ok());
}

}  // namespace
}  // namespace octet::client
