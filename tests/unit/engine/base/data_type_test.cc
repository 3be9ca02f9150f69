#include "engine/base/data_type.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TEST(DataTypeTest, NamesAreTheFormats) {
  EXPECT_EQ(DataTypeName(DataType::kFloat32), "FLOAT32");
  EXPECT_EQ(DataTypeName(DataType::kFloat16), "FLOAT16");
  EXPECT_EQ(DataTypeName(DataType::kFloat64), "FLOAT64");
  EXPECT_EQ(DataTypeName(DataType::kInt8), "INT8");
  EXPECT_EQ(DataTypeName(DataType::kInt16), "INT16");
  EXPECT_EQ(DataTypeName(DataType::kInt32), "INT32");
  EXPECT_EQ(DataTypeName(DataType::kInt64), "INT64");
  EXPECT_EQ(DataTypeName(DataType::kUint8), "UINT8");
  EXPECT_EQ(DataTypeName(DataType::kUint16), "UINT16");
  EXPECT_EQ(DataTypeName(DataType::kUint32), "UINT32");
  EXPECT_EQ(DataTypeName(DataType::kUint64), "UINT64");
  EXPECT_EQ(DataTypeName(DataType::kBool), "BOOL");
  EXPECT_EQ(DataTypeName(DataType::kInt4), "INT4");
  EXPECT_EQ(DataTypeName(DataType::kString), "STRING");
  EXPECT_EQ(DataTypeName(DataType::kResource), "RESOURCE");
}

TEST(DataTypeTest, SizesAreThoseOfOneElement) {
  EXPECT_EQ(DataTypeSize(DataType::kInt8), 1u);
  EXPECT_EQ(DataTypeSize(DataType::kUint8), 1u);
  EXPECT_EQ(DataTypeSize(DataType::kBool), 1u);
  EXPECT_EQ(DataTypeSize(DataType::kInt16), 2u);
  EXPECT_EQ(DataTypeSize(DataType::kUint16), 2u);
  EXPECT_EQ(DataTypeSize(DataType::kFloat16), 2u);
  EXPECT_EQ(DataTypeSize(DataType::kInt32), 4u);
  EXPECT_EQ(DataTypeSize(DataType::kUint32), 4u);
  EXPECT_EQ(DataTypeSize(DataType::kFloat32), 4u);
  EXPECT_EQ(DataTypeSize(DataType::kInt64), 8u);
  EXPECT_EQ(DataTypeSize(DataType::kUint64), 8u);
  EXPECT_EQ(DataTypeSize(DataType::kFloat64), 8u);
}

TEST(DataTypeTest, TypesWithoutWholeBytesHaveNoSize) {
  EXPECT_EQ(DataTypeSize(DataType::kInt4), 0u);
  EXPECT_EQ(DataTypeSize(DataType::kString), 0u);
  EXPECT_EQ(DataTypeSize(DataType::kResource), 4u);
  EXPECT_EQ(DataTypeSize(DataType::kOther), 0u);
}

}  // namespace
}  // namespace octet
