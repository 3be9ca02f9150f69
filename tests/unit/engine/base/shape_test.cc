#include "engine/base/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace octet {
namespace {

using ::testing::HasSubstr;

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

TEST(ShapeTest, AScalarHasOneElement) {
  EXPECT_EQ(Shape().rank(), 0);
  EXPECT_EQ(Shape().num_elements(), 1);
  EXPECT_EQ(Shape().ToString(), "[]");
  EXPECT_EQ(*Shape::Create({}), Shape());
}

TEST(ShapeTest, CountsElements) {
  const Shape shape{2, 3, 5, 7};
  EXPECT_EQ(shape.num_elements(), 210);
  EXPECT_EQ(shape.OuterElements(0), 1);
  EXPECT_EQ(shape.OuterElements(2), 6);
  EXPECT_EQ(shape.InnerElements(1), 105);
  EXPECT_EQ(shape.InnerElements(4), 1);
  EXPECT_EQ(shape.ToString(), "[2,3,5,7]");
}

TEST(ShapeTest, ADimensionOfZeroMakesItEmpty) {
  const auto shape = Shape::Create({4, 0, kMax, kMax});
  ASSERT_FALSE(shape.ok()) << "the other dimensions' product is too large even so";
  const auto small = Shape::Create({4, 0, 3});
  ASSERT_TRUE(small.ok());
  EXPECT_EQ(small->num_elements(), 0);
}

TEST(ShapeTest, RefusesNegativeDimensions) {
  const auto shape = Shape::Create({2, -1});
  EXPECT_EQ(shape.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(shape.status().message(), HasSubstr("[2,-1]"));
}

TEST(ShapeTest, RefusesTooManyElements) {
  EXPECT_TRUE(Shape::Create({1 << 20, 1 << 20}).ok());
  EXPECT_FALSE(Shape::Create({1 << 20, 1 << 20, 2}).ok());
  EXPECT_FALSE(Shape::Create({kMax, kMax}).ok());
  // A product that wraps to a small number in 64 bits.
  EXPECT_FALSE(Shape::Create({1 << 16, 1 << 16, 1 << 16, 1 << 16}).ok());
}

TEST(ShapeTest, RefusesTooManyDimensions) {
  EXPECT_TRUE(Shape::Create(std::vector<int32_t>(8, 1)).ok());
  EXPECT_FALSE(Shape::Create(std::vector<int32_t>(9, 1)).ok());
}

TEST(ShapeTest, WithRowsChangesTheFirstDimensionAlone) {
  const Shape shape{1, 4, 2};
  EXPECT_EQ(*shape.WithRows(3), (Shape{3, 4, 2}));
  EXPECT_EQ(shape, (Shape{1, 4, 2}));
  EXPECT_FALSE(shape.WithRows(-1).ok());
  EXPECT_FALSE((Shape{1, 1 << 30}).WithRows(kMax).ok());
}

TEST(ShapeTest, EqualityIsOfRankAndDimensions) {
  EXPECT_EQ((Shape{1, 2}), (Shape{1, 2}));
  EXPECT_NE((Shape{1, 2}), (Shape{2, 1}));
  EXPECT_NE((Shape{2}), (Shape{1, 2}));
}

}  // namespace
}  // namespace octet
