#include "engine/quantize/transform/compatibility.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::octet::testing::Quant;

CompatibilityReport Check(const ModelBuilder& b) {
  const auto model = ReadModel(b.Build());
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? CheckTargets(**model) : CompatibilityReport();
}

// x -> `op` -> y, all of one type.
ModelBuilder Unary(BuiltinOp op, DataType type, const std::vector<int32_t>& shape = {1, 4}) {
  ModelBuilder b;
  const Quant quant = type == DataType::kFloat32 ? Quant() : Quant(0.5f, 0);
  const int x = b.Input("x", type, shape, quant);
  const int y = b.Tensor("y", type, shape, quant);
  b.Op(op, 1, {x}, {y});
  b.Output(y);
  return b;
}

TEST(CheckTargetsTest, Int8OperatorOfEveryList) {
  const CompatibilityReport report = Check(Unary(BuiltinOp::kRelu, DataType::kInt8));
  EXPECT_TRUE(report.fully_int8());
  EXPECT_TRUE(report.edge_tpu_takes_it());
  EXPECT_TRUE(report.micro_takes_it());
}

TEST(CheckTargetsTest, FloatStandsInTheWayOfIntegerTargets) {
  const CompatibilityReport report = Check(Unary(BuiltinOp::kRelu, DataType::kFloat32));
  ASSERT_EQ(report.not_int8.size(), 3);
  EXPECT_EQ(report.not_int8[0].reason, "an input of the model is FLOAT32");
  EXPECT_EQ(report.not_int8[1].tensor, "y");
  EXPECT_EQ(report.not_int8[2].op, "RELU");
  ASSERT_EQ(report.edge_tpu.size(), 1);
  EXPECT_EQ(report.edge_tpu[0].reason, "FLOAT32 runs on the CPU");
  EXPECT_TRUE(report.micro_takes_it());
}

TEST(CheckTargetsTest, QuantizeAtTheEdgeIsNamedOnce) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4});
  const int q = b.Tensor("q", DataType::kInt8, {1, 4}, Quant(0.5f, 0));
  b.Op(BuiltinOp::kQuantize, 1, {x}, {q});
  b.Output(q);
  const CompatibilityReport report = Check(b);
  ASSERT_EQ(report.not_int8.size(), 1);
  EXPECT_EQ(report.not_int8[0].op_index, -1);
}

TEST(CheckTargetsTest, OperatorsThatTheTargetsLack) {
  const CompatibilityReport report = Check(Unary(BuiltinOp::kGelu, DataType::kInt8));
  EXPECT_TRUE(report.fully_int8());
  ASSERT_EQ(report.edge_tpu.size(), 1);
  EXPECT_EQ(report.edge_tpu[0].op, "GELU");
  EXPECT_EQ(report.edge_tpu[0].reason, "not among the compiler's operators");
  ASSERT_EQ(report.micro.size(), 1);
  EXPECT_EQ(report.micro[0].reason, "not among the registered operators");
}

TEST(CheckTargetsTest, ShapesOfTheEdgeTpu) {
  EXPECT_TRUE(Check(Unary(BuiltinOp::kRelu, DataType::kInt8, {1, 4, 4, 2})).edge_tpu_takes_it());
  const auto deep = Check(Unary(BuiltinOp::kRelu, DataType::kInt8, {2, 4, 4, 2}));
  ASSERT_EQ(deep.edge_tpu.size(), 1);
  EXPECT_EQ(deep.edge_tpu[0].reason, "more than three dimensions of [2,4,4,2] are beyond 1");
}

// Both take a batch of one for what the signature leaves open, as the file's shape says it; an open
// height would become 1 too, which nobody means.
TEST(CheckTargetsTest, AnOpenBatchIsNoObstacle) {
  ModelBuilder batch = Unary(BuiltinOp::kRelu, DataType::kInt8, {1, 4, 4, 2});
  batch.ShapeSignature(0, {-1, 4, 4, 2});
  EXPECT_TRUE(Check(batch).edge_tpu_takes_it());
  EXPECT_TRUE(Check(batch).micro_takes_it());
  ModelBuilder height = Unary(BuiltinOp::kRelu, DataType::kInt8, {1, 1, 4, 2});
  height.ShapeSignature(0, {1, -1, 4, 2});
  EXPECT_EQ(Check(height).edge_tpu.at(0).reason, "its shape is open");
  EXPECT_EQ(Check(height).micro.at(0).reason, "its shape is open");
}

TEST(CheckTargetsTest, MicroRefusesHybridAndHalves) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2});
  const int w = b.Constant<int8_t>("w", {1, 2}, {1, 2}, Quant(0.5f, 0));
  const int y = b.Tensor("y", DataType::kFloat32, {1, 1});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  EXPECT_EQ(Check(b).micro.at(0).reason, "float activations with 8-bit weights");
  ModelBuilder half;
  const int h = half.ConstantBytes("h", DataType::kFloat16, {2}, std::string(4, '\0'));
  const int f = half.Tensor("f", DataType::kFloat32, {2});
  half.Op(BuiltinOp::kDequantize, 3, {h}, {f});
  half.Output(f);
  EXPECT_EQ(Check(half).micro.at(0).reason, "DEQUANTIZE of FLOAT16");
}

}  // namespace
}  // namespace octet
