#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/ops/products/rows.h"

namespace octet::ops {
namespace {

using ::testing::HasSubstr;

Shape ShapeOf(const std::vector<int32_t>& dims) { return *Shape::Create(dims); }

std::unique_ptr<const Op> Prepared(DataType type, const BatchMatMulOptions& options) {
  std::vector<TensorDef> tensors(3);
  for (TensorDef& tensor : tensors) {
    tensor.type = type;
    tensor.shape = ShapeOf({1, 1});
    tensor.quantization.scale = {1.0f};
    tensor.quantization.zero_point = {0};
  }
  OperatorDef op;
  op.inputs = {0, 1};
  op.outputs = {2};
  op.options = options;
  PrepareContext context;
  context.tensors = tensors;
  context.op = &op;
  for (const OpRow& row : BatchMatmulRows()) {
    if (row.inputs[0].type == type && row.inputs[1].type == type) return *row.prepare(context);
  }
  return nullptr;
}

std::vector<int32_t> Infer(const Op& op, const std::vector<int32_t>& x,
                           const std::vector<int32_t>& y) {
  const auto shapes = op.InferShapes({ShapeOf(x), ShapeOf(y)});
  if (!shapes.ok()) return {};
  return {(*shapes)[0].dims().begin(), (*shapes)[0].dims().end()};
}

bool RowsApart(const Op& op, const std::vector<int32_t>& x, const std::vector<int32_t>& y,
               bool x_rows, bool y_rows) {
  const std::vector<Shape> shapes = {ShapeOf(x), ShapeOf(y)};
  const bool has_rows[] = {x_rows, y_rows};
  return op.CheckRowsApart(shapes, has_rows).ok();
}

TEST(BatchMatmulTest, ShapesBroadcastAndTurn) {
  const auto plain = Prepared(DataType::kFloat32, {});
  EXPECT_EQ(Infer(*plain, {2, 1, 3, 8}, {5, 8, 4}), (std::vector<int32_t>{2, 5, 3, 4}));
  EXPECT_EQ(Infer(*plain, {3, 8}, {8, 4}), (std::vector<int32_t>{3, 4}));
  const auto turned = Prepared(DataType::kFloat32, {.adj_x = true, .adj_y = true});
  EXPECT_EQ(Infer(*turned, {2, 8, 3}, {2, 4, 8}), (std::vector<int32_t>{2, 3, 4}));
  for (const auto& [x, y] : std::vector<std::pair<std::vector<int32_t>, std::vector<int32_t>>>{
           {{3, 8}, {7, 4}}, {{8}, {8, 4}}, {{2, 3, 8}, {3, 8, 4}}, {{3, 0}, {0, 4}}}) {
    EXPECT_FALSE(plain->InferShapes({ShapeOf(x), ShapeOf(y)}).ok());
  }
}

TEST(BatchMatmulTest, RefusesSumsThatCouldOverflow) {
  const auto bytes = Prepared(DataType::kInt8, {});
  EXPECT_FALSE(Infer(*bytes, {1, 33025}, {33025, 1}).empty());
  EXPECT_THAT(
      std::string(
          bytes->InferShapes({ShapeOf({1, 33026}), ShapeOf({33026, 1})}).status().message()),
      HasSubstr("33026"));
  const auto words = Prepared(DataType::kInt16, {});
  EXPECT_FALSE(Infer(*words, {1, 131072}, {131072, 1}).empty());
  EXPECT_TRUE(Infer(*words, {1, 131073}, {131073, 1}).empty());
}

TEST(BatchMatmulTest, RowsOfABatchNeverMeet) {
  const auto plain = Prepared(DataType::kFloat32, {});
  EXPECT_TRUE(RowsApart(*plain, {1, 3, 8}, {1, 8, 4}, true, true));
  EXPECT_TRUE(RowsApart(*plain, {1, 3, 8}, {8, 4}, true, false));
  EXPECT_TRUE(RowsApart(*plain, {1, 3, 8}, {1, 8, 4}, true, false));
  // A fixed operand with several matrices pairs them with the rows of one request.
  EXPECT_FALSE(RowsApart(*plain, {1, 3, 8}, {5, 8, 4}, true, false));
  // Dimension 0 of the second operand is not dimension 0 of the output.
  EXPECT_FALSE(RowsApart(*plain, {2, 1, 3, 8}, {1, 8, 4}, false, true));
  // One matrix: its rows may be the batch, its columns and the other operand may not.
  EXPECT_TRUE(RowsApart(*plain, {1, 8}, {8, 4}, true, false));
  EXPECT_FALSE(RowsApart(*plain, {3, 1}, {1, 4}, false, true));
  EXPECT_FALSE(
      RowsApart(*Prepared(DataType::kFloat32, {.adj_x = true}), {1, 3}, {1, 4}, true, false));
}

}  // namespace
}  // namespace octet::ops
