#include "engine/quantize/transform/constant_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/quantize/transform/weight_quantizer.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;

std::vector<float> Zeros(int64_t n) { return std::vector<float>(n); }

std::vector<ConstantPlan> Plan(const ModelBuilder& b, const QuantizeOptions& options = {}) {
  const auto model = ReadModel(b.Build());
  EXPECT_TRUE(model.ok()) << model.status();
  if (!model.ok()) return {};
  return PlanConstants(**model, options);
}

// x [1,width] -> FULLY_CONNECTED of `units` -> y.
ModelBuilder FullyConnected(int units, int width) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, width});
  const int w = b.Constant<float>("w", {units, width}, Zeros(units * width));
  const int y = b.Tensor("y", DataType::kFloat32, {1, units});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  return b;
}

TEST(PlanConstantsTest, ThresholdCountsElements) {
  auto plan = Plan(FullyConnected(31, 32));
  ASSERT_EQ(plan.size(), 1);
  EXPECT_TRUE(plan[0].copies.empty());
  EXPECT_EQ(plan[0].reason, "992 elements, fewer than 1024");
  plan = Plan(FullyConnected(33, 31));
  EXPECT_EQ(plan[0].reason, "1023 elements, fewer than 1024");
  plan = Plan(FullyConnected(32, 32));
  ASSERT_EQ(plan[0].copies.size(), 1);
  EXPECT_EQ(plan[0].copies[0].axis, 0);
  EXPECT_TRUE(plan[0].copies[0].in_place);
  EXPECT_EQ(plan[0].reason, "");

  plan = Plan(FullyConnected(31, 32), {.min_weight_elements = 992});
  EXPECT_EQ(plan[0].copies.size(), 1);
  plan = Plan(FullyConnected(32, 32), {.per_channel = false});
  EXPECT_EQ(plan[0].copies[0].axis, kPerTensor);
}

TEST(PlanConstantsTest, AxisOfEachOperator) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4, 4, 16});
  const int shape = b.Constant<int32_t>("shape", {4}, {1, 4, 4, 16});
  const int conv = b.Constant<float>("conv", {16, 3, 3, 16}, Zeros(2304));
  const int depthwise = b.Constant<float>("depthwise", {1, 9, 9, 16}, Zeros(1296));
  const int transposed = b.Constant<float>("transposed", {16, 3, 3, 16}, Zeros(2304));
  const int bias = b.Constant<float>("bias", {16}, Zeros(16));
  std::vector<int> y;
  for (int i = 0; i < 3; ++i) y.push_back(b.Tensor("y", DataType::kFloat32, {1, 4, 4, 16}));
  b.Op(BuiltinOp::kConv2d, 1, {x, conv, bias}, {y[0]}, Conv2DOptions{});
  b.Op(BuiltinOp::kDepthwiseConv2d, 1, {y[0], depthwise, bias}, {y[1]}, DepthwiseConv2DOptions{});
  b.Op(BuiltinOp::kTransposeConv, 3, {shape, transposed, y[1], bias}, {y[2]},
       TransposeConvOptions{});
  b.Output(y[2]);
  const auto plan = Plan(b);
  ASSERT_EQ(plan.size(), 4);
  EXPECT_EQ(plan[0].copies.at(0).axis, 0);
  EXPECT_EQ(plan[1].copies.at(0).axis, 3);
  EXPECT_EQ(plan[2].copies.at(0).axis, 0);
  EXPECT_EQ(plan[3].reason, "bias of CONV_2D");
}

TEST(PlanConstantsTest, MatrixProductsAndTables) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {40, 40});
  const int ids = b.Input("ids", DataType::kInt32, {3});
  const int right = b.Constant<float>("right", {40, 40}, Zeros(1600));
  const int left = b.Constant<float>("left", {40, 40}, Zeros(1600));
  const int table = b.Constant<float>("table", {40, 40}, Zeros(1600));
  const int y0 = b.Tensor("y0", DataType::kFloat32, {40, 40});
  const int y1 = b.Tensor("y1", DataType::kFloat32, {40, 40});
  const int y2 = b.Tensor("y2", DataType::kFloat32, {3, 40});
  b.Op(BuiltinOp::kBatchMatmul, 1, {x, right}, {y0});
  b.Op(BuiltinOp::kBatchMatmul, 1, {left, x}, {y1});
  b.Op(BuiltinOp::kGather, 1, {table, ids}, {y2});
  for (const int y : {y0, y1, y2}) b.Output(y);
  const auto plan = Plan(b);
  ASSERT_EQ(plan.size(), 3);
  EXPECT_EQ(plan[0].copies.at(0).axis, kPerTensor);
  EXPECT_EQ(plan[1].reason, "no hybrid kernel for BATCH_MATMUL with a constant input 0");
  EXPECT_EQ(plan[2].copies.at(0).axis, kPerTensor);
}

TEST(PlanConstantsTest, SharedBetweenSameKinds) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 40});
  const int w = b.Constant<float>("w", {40, 40}, Zeros(1600));
  const int y = b.Tensor("y", DataType::kFloat32, {1, 40});
  const int z = b.Tensor("z", DataType::kFloat32, {1, 40});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Op(BuiltinOp::kFullyConnected, 1, {y, w, kAbsentTensor}, {z}, FullyConnectedOptions{});
  b.Output(z);
  const auto plan = Plan(b);
  ASSERT_EQ(plan.size(), 1);
  ASSERT_EQ(plan[0].copies.size(), 1);
  EXPECT_TRUE(plan[0].copies[0].in_place);
  EXPECT_EQ(plan[0].copies[0].readers.size(), 2);
}

TEST(PlanConstantsTest, SharedWithOneThatNeedsFloat) {
  ModelBuilder b = FullyConnected(40, 40);
  const int sum = b.Tensor("sum", DataType::kFloat32, {40, 40});
  b.Op(BuiltinOp::kAdd, 1, {1, 2}, {sum}, AddOptions{});
  b.Output(sum);
  auto plan = Plan(b);
  ASSERT_EQ(plan.size(), 1);
  ASSERT_EQ(plan[0].copies.size(), 1);
  EXPECT_FALSE(plan[0].copies[0].in_place);
  EXPECT_EQ(plan[0].copies[0].readers.size(), 1);
  EXPECT_EQ(plan[0].reason, "");

  ModelBuilder output = FullyConnected(40, 40);
  output.Output(1);
  plan = Plan(output);
  EXPECT_FALSE(plan[0].copies.at(0).in_place);
}

TEST(PlanConstantsTest, SharedBetweenAxes) {
  ModelBuilder b = FullyConnected(40, 40);
  const int ids = b.Input("ids", DataType::kInt32, {3});
  const int rows = b.Tensor("rows", DataType::kFloat32, {3, 40});
  b.Op(BuiltinOp::kGather, 1, {1, ids}, {rows});
  b.Output(rows);
  const auto plan = Plan(b);
  ASSERT_EQ(plan[0].copies.size(), 2);
  EXPECT_EQ(plan[0].copies[0].axis, 0);
  EXPECT_TRUE(plan[0].copies[0].in_place);
  EXPECT_EQ(plan[0].copies[1].axis, kPerTensor);
  EXPECT_FALSE(plan[0].copies[1].in_place);
}

TEST(PlanConstantsTest, ReasonOfAnotherReaderIsTheWeaker) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4});
  const int w = b.Constant<float>("w", {4, 4}, Zeros(16));
  const int y = b.Tensor("y", DataType::kFloat32, {4, 4});
  const int z = b.Tensor("z", DataType::kFloat32, {1, 4});
  b.Op(BuiltinOp::kMul, 1, {w, w}, {y});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {z}, FullyConnectedOptions{});
  b.Output(y);
  b.Output(z);
  const auto plan = Plan(b);
  ASSERT_EQ(plan.size(), 1);
  EXPECT_EQ(plan[0].first_op, BuiltinOp::kMul);
  EXPECT_EQ(plan[0].reason, "16 elements, fewer than 1024");
}

TEST(PlanConstantsTest, ShapesAndTypesWithoutKernel) {
  ModelBuilder rank;
  const int x = rank.Input("x", DataType::kFloat32, {1, 40});
  const int w = rank.Constant<float>("w", {40, 40, 1}, Zeros(1600));
  const int y = rank.Tensor("y", DataType::kFloat32, {1, 40});
  rank.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  rank.Output(y);
  EXPECT_EQ(Plan(rank).at(0).reason,
            "no hybrid kernel for FULLY_CONNECTED with weights of shape [40,40,1]");

  ModelBuilder custom;
  const int c = custom.Constant<float>("c", {40, 40}, Zeros(1600));
  const int z = custom.Tensor("z", DataType::kFloat32, {1, 40});
  custom.CustomOp("Mine", {c}, {z});
  custom.Output(z);
  EXPECT_EQ(Plan(custom).at(0).reason, "no hybrid kernel for Mine");
}

}  // namespace
}  // namespace octet
