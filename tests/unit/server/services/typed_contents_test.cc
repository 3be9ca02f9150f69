#include "server/services/typed_contents.h"

#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "server/services/data_types.h"

namespace octet::server {
namespace {

constexpr DataType kTypes[] = {DataType::kBool,    DataType::kInt8,   DataType::kInt16,
                               DataType::kInt32,   DataType::kInt64,  DataType::kUint8,
                               DataType::kUint16,  DataType::kUint32, DataType::kUint64,
                               DataType::kFloat32, DataType::kFloat64};

TEST(TypedContents, EveryTypeGoesInAndOut) {
  for (const DataType type : kTypes) {
    SCOPED_TRACE(ProtocolTypeName(type));
    EXPECT_FALSE(TypedFieldName(type).empty());
    const size_t element = DataTypeSize(type);
    // 0 and 1 in any type: all bytes zero but, for the second, those of a one.
    std::vector<std::byte> bytes(2 * element);
    inference::InferTensorContents contents;
    ResizeTypedContents(contents, type, 2);
    EXPECT_TRUE(CheckTypedContents(contents, type, 2).ok());
    EXPECT_FALSE(CheckTypedContents(contents, type, 3).ok());
    if (type == DataType::kFloat32) {
      const float one = 1;
      std::memcpy(bytes.data() + element, &one, element);
    } else if (type == DataType::kFloat64) {
      const double one = 1;
      std::memcpy(bytes.data() + element, &one, element);
    } else {
      bytes[element] = std::byte{1};
    }
    WriteTypedContents(bytes.data(), type, 0, 2, contents);
    std::vector<std::byte> back(2 * element, std::byte{0xff});
    ReadTypedContents(contents, type, 0, 2, back.data());
    EXPECT_EQ(back, bytes);
  }
}

TEST(TypedContents, NegativeCodesKeepTheirSign) {
  const int8_t codes[] = {-128, -1};
  inference::InferTensorContents contents;
  ResizeTypedContents(contents, DataType::kInt8, 2);
  WriteTypedContents(reinterpret_cast<const std::byte*>(codes), DataType::kInt8, 0, 2, contents);
  EXPECT_EQ(contents.int_contents(0), -128);
  EXPECT_EQ(contents.int_contents(1), -1);
}

TEST(TypedContents, HalfPrecisionHasNoField) {
  inference::InferTensorContents contents;
  EXPECT_EQ(CheckTypedContents(contents, DataType::kFloat16, 0).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(DataTypes, NamesGoBothWays) {
  for (const DataType type : kTypes) {
    EXPECT_EQ(ParseProtocolType(ProtocolTypeName(type)), type);
    EXPECT_NE(ToConfigType(type), inference::TYPE_INVALID);
  }
  EXPECT_EQ(ParseProtocolType("FP32"), DataType::kFloat32);
  EXPECT_EQ(ParseProtocolType("FLOAT32"), std::nullopt);
  EXPECT_EQ(ProtocolTypeName(DataType::kResource), "");
}

}  // namespace
}  // namespace octet::server
