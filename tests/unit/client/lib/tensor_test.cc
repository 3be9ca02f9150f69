#include "octet_client/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(DataTypeTest, NamesAndSizesAreTheProtocols) {
  const std::pair<const char*, int64_t> expected[] = {
      {"BOOL", 1},  {"UINT8", 1}, {"UINT16", 2}, {"UINT32", 4}, {"UINT64", 8}, {"INT8", 1},
      {"INT16", 2}, {"INT32", 4}, {"INT64", 8},  {"FP16", 2},   {"FP32", 4},   {"FP64", 8}};
  for (const auto& [name, size] : expected) {
    const auto type = ParseDataType(name);
    ASSERT_TRUE(type.ok()) << name;
    EXPECT_EQ(DataTypeName(*type), name);
    EXPECT_EQ(DataTypeSize(*type), size) << name;
  }
}

TEST(DataTypeTest, AnUnknownNameListsTheKnown) {
  const auto type = ParseDataType("BYTES");
  EXPECT_EQ(type.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(type.status().message()), HasSubstr("INT8, INT16"));
}

TEST(ElementCountTest, MultipliesAndRefusesWhatOverflows) {
  EXPECT_EQ(*ElementCount({}), 1);
  EXPECT_EQ(*ElementCount({2, 3, 4}), 24);
  EXPECT_EQ(*ElementCount({2, 0, 4}), 0);
  EXPECT_FALSE(ElementCount({-1, 2}).ok());
  EXPECT_FALSE(ElementCount({int64_t{1} << 31, int64_t{1} << 31}).ok());
  EXPECT_FALSE(ElementCount({0, int64_t{1} << 40, int64_t{1} << 40}).ok());
}

TEST(ToDoublesTest, ReadsEveryType) {
  EXPECT_THAT(ToDoubles(DataType::kBool, Bytes<uint8_t>({0, 1})), ElementsAre(0, 1));
  EXPECT_THAT(ToDoubles(DataType::kUint8, Bytes<uint8_t>({255})), ElementsAre(255));
  EXPECT_THAT(ToDoubles(DataType::kUint16, Bytes<uint16_t>({65535})), ElementsAre(65535));
  EXPECT_THAT(ToDoubles(DataType::kUint32, Bytes<uint32_t>({4294967295u})),
              ElementsAre(4294967295.0));
  EXPECT_THAT(ToDoubles(DataType::kUint64, Bytes<uint64_t>({7})), ElementsAre(7));
  EXPECT_THAT(ToDoubles(DataType::kInt8, Bytes<int8_t>({-128, 127})), ElementsAre(-128, 127));
  EXPECT_THAT(ToDoubles(DataType::kInt16, Bytes<int16_t>({-32768})), ElementsAre(-32768));
  EXPECT_THAT(ToDoubles(DataType::kInt32, Bytes<int32_t>({-5})), ElementsAre(-5));
  EXPECT_THAT(ToDoubles(DataType::kInt64, Bytes<int64_t>({-6})), ElementsAre(-6));
  EXPECT_THAT(ToDoubles(DataType::kFp32, Bytes<float>({1.5f})), ElementsAre(1.5));
  EXPECT_THAT(ToDoubles(DataType::kFp64, Bytes<double>({0.1})), ElementsAre(0.1));
}

TEST(ToDoublesTest, ReadsHalves) {
  // One, smallest subnormal, largest, minus two, infinity.
  EXPECT_THAT(ToDoubles(DataType::kFp16, Bytes<uint16_t>({0x3c00, 0x0001, 0x7bff, 0xc000, 0x7c00})),
              ElementsAre(1.0, std::ldexp(1.0, -24), 65504.0, -2.0,
                          std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isnan(ToDoubles(DataType::kFp16, Bytes<uint16_t>({0x7e00}))[0]));
}

}  // namespace
}  // namespace octet::client
