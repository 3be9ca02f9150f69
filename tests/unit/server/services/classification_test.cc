#include "server/services/classification.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using testing::ElementsAre;

template <typename T>
std::vector<std::string> Classes(const std::vector<T>& values, DataType type, int64_t classes) {
  return FindClasses(reinterpret_cast<const std::byte*>(values.data()),
                     static_cast<int64_t>(values.size()), type, classes);
}

TEST(Classification, TheGreatestFirst) {
  EXPECT_THAT(Classes<int8_t>({-128, 5, 127, 6}, DataType::kInt8, 3),
              ElementsAre("127:2", "6:3", "5:1"));
  EXPECT_THAT(Classes<uint8_t>({200, 100}, DataType::kUint8, 1), ElementsAre("200:0"));
  EXPECT_THAT(Classes<float>({0.25f, 0.5f}, DataType::kFloat32, 2), ElementsAre("0.5:1", "0.25:0"));
  EXPECT_THAT(Classes<int64_t>({INT64_MAX - 1, INT64_MAX}, DataType::kInt64, 1),
              ElementsAre("9223372036854775807:1"));
}

TEST(Classification, OfEqualOnesTheFirst) {
  EXPECT_THAT(Classes<int8_t>({1, 7, 7, 7}, DataType::kInt8, 2), ElementsAre("7:1", "7:2"));
}

TEST(Classification, NanIsLast) {
  EXPECT_THAT(Classes<float>({NAN, -INFINITY, NAN}, DataType::kFloat32, 3),
              ElementsAre("-inf:1", "nan:0", "nan:2"));
}

TEST(Classification, OfNumbersAlone) {
  EXPECT_TRUE(IsClassifiable(DataType::kInt16));
  EXPECT_FALSE(IsClassifiable(DataType::kBool));
  EXPECT_FALSE(IsClassifiable(DataType::kString));
}

}  // namespace
}  // namespace octet::server
