#include "client/inputs/elements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ElementsTest, TheSameTypeIsLeftAlone) {
  const auto array = ConvertElements({DataType::kFp16, {1}, "ab"}, DataType::kFp16);
  EXPECT_EQ(array->data, "ab");
}

TEST(ElementsTest, IntegersBecomeOthersWhereTheyFit) {
  const Array wide{DataType::kInt64, {2}, Bytes<int64_t>({-128, 127})};
  EXPECT_THAT(Values<int8_t>(ConvertElements(wide, DataType::kInt8)->data), ElementsAre(-128, 127));
  EXPECT_THAT(Values<int16_t>(ConvertElements(wide, DataType::kInt16)->data),
              ElementsAre(-128, 127));
  EXPECT_THAT(Values<int32_t>(ConvertElements(wide, DataType::kInt32)->data),
              ElementsAre(-128, 127));
  EXPECT_THAT(Values<float>(ConvertElements(wide, DataType::kFp32)->data), ElementsAre(-128, 127));
  for (DataType type :
       {DataType::kUint8, DataType::kUint16, DataType::kUint32, DataType::kUint64}) {
    EXPECT_FALSE(ConvertElements(wide, type).ok());
  }
}

TEST(ElementsTest, OneBeyondTheRangeIsAnError) {
  EXPECT_FALSE(
      ConvertElements({DataType::kInt64, {1}, Bytes<int64_t>({128})}, DataType::kInt8).ok());
  EXPECT_FALSE(
      ConvertElements(
          {DataType::kUint64, {1}, Bytes<uint64_t>({std::numeric_limits<uint64_t>::max()})},
          DataType::kInt64)
          .ok());
}

TEST(ElementsTest, FloatsBecomeFloats) {
  EXPECT_THAT(
      Values<float>(
          ConvertElements({DataType::kFp64, {1}, Bytes<double>({0.1})}, DataType::kFp32)->data),
      ElementsAre(0.1f));
  EXPECT_THAT(Values<float>(ConvertElements({DataType::kFp16, {1}, Bytes<uint16_t>({0x3800})},
                                            DataType::kFp32)
                                ->data),
              ElementsAre(0.5f));
}

TEST(ElementsTest, WhatWouldGuessIsRefusedWithBothTypes) {
  const std::pair<Array, DataType> cases[] = {
      {{DataType::kFp32, {1}, Bytes<float>({1})}, DataType::kInt32},
      {{DataType::kBool, {1}, "\x01"}, DataType::kUint8},
      {{DataType::kUint8, {1}, "\x01"}, DataType::kBool},
      {{DataType::kFp32, {1}, Bytes<float>({1})}, DataType::kFp16},
  };
  for (const auto& [array, wanted] : cases) {
    const absl::Status status = ConvertElements(array, wanted).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(DataTypeName(array.type))));
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(DataTypeName(wanted))));
  }
}

}  // namespace
}  // namespace octet::client
