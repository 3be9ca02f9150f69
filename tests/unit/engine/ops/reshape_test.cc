#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::HasSubstr;

UnaryModel Model(Dims input, std::vector<int32_t> target, Dims output) {
  UnaryModel model{BuiltinOp::kReshape, 1,  std::move(input), {},
                   std::move(output),   {}, ReshapeOptions{}};
  model.type = model.out_type = DataType::kFloat32;
  model.parameter = std::move(target);
  model.has_parameter = true;
  return model;
}

absl::StatusOr<Shape> Reshaped(Dims input, std::vector<int32_t> target, Dims output) {
  std::vector<float> values(Count(input));
  std::iota(values.begin(), values.end(), 0.0f);
  const auto result =
      RunModel(Model(input, std::move(target), std::move(output)).Build(), {ToBytes(values)});
  if (!result.ok()) return result.status();
  EXPECT_EQ(FromBytes<float>(result->outputs[0]), values);
  return result->shapes[0];
}

TEST(ReshapeTest, ToAnotherShape) {
  EXPECT_EQ(*Reshaped({2, 6}, {3, 4}, {3, 4}), (Shape{3, 4}));
  EXPECT_EQ(*Reshaped({2, 6}, {12}, {12}), (Shape{12}));
  EXPECT_EQ(*Reshaped({12}, {1, 2, 3, 2}, {1, 2, 3, 2}), (Shape{1, 2, 3, 2}));
}

TEST(ReshapeTest, OneDimensionMayBeOpen) {
  EXPECT_EQ(*Reshaped({2, 6}, {-1, 4}, {3, 4}), (Shape{3, 4}));
  EXPECT_EQ(*Reshaped({2, 6}, {3, -1}, {3, 4}), (Shape{3, 4}));
  EXPECT_EQ(*Reshaped({2, 6}, {-1}, {12}), (Shape{12}));
  EXPECT_FALSE(Reshaped({2, 6}, {-1, -1}, {3, 4}).ok());
  EXPECT_FALSE(Reshaped({2, 6}, {-1, 5}, {3, 4}).ok());
}

TEST(ReshapeTest, ScalarsAndEmptyTensors) {
  EXPECT_EQ(*Reshaped({1}, {}, {}), Shape());
  EXPECT_EQ(*Reshaped({1, 1}, {0}, {}), Shape()) << "old converters wrote [0] for a scalar";
  EXPECT_EQ(*Reshaped({}, {1, 1}, {1, 1}), (Shape{1, 1}));
  EXPECT_EQ(*Reshaped({0, 3}, {3, 0}, {3, 0}), (Shape{3, 0}));
  EXPECT_EQ(*Reshaped({0, 3}, {-1, 3}, {0, 3}), (Shape{0, 3}));
  EXPECT_FALSE(Reshaped({0, 3}, {-1, 0}, {0, 0}).ok());
  EXPECT_FALSE(Reshaped({2, 3}, {0, 6}, {0, 6}).ok());
}

TEST(ReshapeTest, TheShapeMayStandInTheOptions) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2, 3});
  const int y = b.Tensor("y", DataType::kFloat32, {3, 2});
  b.Op(BuiltinOp::kReshape, 1, {x}, {y}, ReshapeOptions{{3, 2}});
  b.Output(y);
  const auto result = RunModel(b.Build(), {Bytes(24)});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->shapes[0], (Shape{3, 2}));
}

TEST(ReshapeTest, RefusesWhatDoesNotFit) {
  EXPECT_THAT(Reshaped({2, 6}, {5, 2}, {5, 2}).status().message(),
              HasSubstr("RESHAPE): shape [2,6] cannot become [5,2]"));
  EXPECT_FALSE(Reshaped({2, 6}, {-2, 6}, {2, 6}).ok());
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  EXPECT_FALSE(Reshaped({2, 6}, {kMax, kMax, kMax}, {2, 6}).ok());
  EXPECT_FALSE(Reshaped({2, 6}, {1 << 16, 1 << 16, 1 << 16, 1 << 16}, {2, 6}).ok());
}

TEST(ReshapeTest, AShapeMayBeAnInput) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2, 3});
  const int shape = b.Input("shape", DataType::kInt32, {2});
  const int y = b.Tensor("y", DataType::kFloat32, {3, 2});
  b.Op(BuiltinOp::kReshape, 1, {x, shape}, {y}, ReshapeOptions{});
  b.Output(y);
  const Bytes values = ToBytes<float>({1, 2, 3, 4, 5, 6});
  const auto run = RunModel(b.Build(), {values, ToBytes<int32_t>({-1, 2})});
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->shapes[0], (Shape{3, 2}));
  EXPECT_EQ(run->outputs[0], values);
  // Exactly the shape asked for: no dimension grows, none is negative.
  for (const std::vector<int32_t>& wrong :
       {std::vector<int32_t>{1, 2}, {4, 2}, {-1, 4}, {-2, -3}, {-1, -1}}) {
    EXPECT_EQ(RunModel(b.Build(), {values, ToBytes(wrong)}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace octet::testing
