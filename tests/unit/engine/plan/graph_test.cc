#include "engine/plan/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ModelBuilder;
using testing::Quant;

// The main graph, which keeps its program alive.
absl::StatusOr<std::shared_ptr<const Graph>> Prepare(std::shared_ptr<const Model> model) {
  GraphOptions options;
  options.isas = *AllowedIsas("scalar");
  auto prepared = PrepareProgram(std::move(model), options);
  if (!prepared.ok()) return prepared.status();
  std::shared_ptr<const Program> program = *std::move(prepared);
  return std::shared_ptr<const Graph>(program, &program->main());
}

absl::StatusOr<std::shared_ptr<const Graph>> Prepare(const ModelBuilder& builder) {
  auto model = ReadModel(builder.Build());
  if (!model.ok()) return model.status();
  return Prepare(*std::move(model));
}

// 1, -2, 0.5, 3 and 4, 0, 1, 2 in half precision.
const std::vector<uint16_t> kHalves = {0x3c00, 0xc000, 0x3800, 0x4200,
                                       0x4400, 0x0000, 0x3c00, 0x4000};

std::string HalfBytes() {
  return std::string(reinterpret_cast<const char*>(kHalves.data()), kHalves.size() * 2);
}

// FULLY_CONNECTED of `x` with float16 weights behind a DEQUANTIZE; returns its output.
int HalfFullyConnected(ModelBuilder& b, int x) {
  const int half = b.ConstantBytes("half", DataType::kFloat16, {2, 4}, HalfBytes());
  const int weights = b.Tensor("weights", DataType::kFloat32, {2, 4});
  b.Op(BuiltinOp::kDequantize, 1, {half}, {weights});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 2});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, weights, kAbsentTensor}, {y}, FullyConnectedOptions{});
  return y;
}

TEST(GraphTest, Float16WeightsBehindADequantizeAreFolded) {
  ModelBuilder b;
  b.Output(HalfFullyConnected(b, b.Input("x", DataType::kFloat32, {1, 4})));
  const auto graph = Prepare(b);
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ((*graph)->steps.size(), 1u);
  EXPECT_EQ((*graph)->steps[0].kind, BuiltinOp::kFullyConnected);
  EXPECT_EQ((*graph)->steps[0].op_index, 1);
  const TensorDef& weights = (*graph)->tensors[(*graph)->steps[0].inputs[1]];
  EXPECT_TRUE(weights.is_constant);
  EXPECT_THAT(weights.values<float>(), ElementsAre(1, -2, 0.5f, 3, 4, 0, 1, 2));
  EXPECT_GE((*graph)->constant_bytes, 32u);
}

// A chain of constants ends as one constant, and the model's own tensors stay as they were.
TEST(GraphTest, ChainsFoldToTheirEnd) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2, 2});
  const int codes = b.Constant<int8_t>("codes", {2, 2}, {1, 2, 3, 4}, Quant(0.5f, 1));
  const int real = b.Tensor("real", DataType::kFloat32, {2, 2});
  const int order = b.Constant<int32_t>("order", {2}, {1, 0});
  const int turned = b.Tensor("turned", DataType::kFloat32, {2, 2});
  const int y = b.Tensor("y", DataType::kFloat32, {2, 2});
  b.Op(BuiltinOp::kDequantize, 1, {codes}, {real});
  b.Op(BuiltinOp::kTranspose, 1, {real, order}, {turned});
  b.Op(BuiltinOp::kAdd, 1, {x, turned}, {y}, AddOptions{});
  b.Output(y);
  const auto model = ReadModel(b.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  const auto graph = Prepare(*model);
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ((*graph)->steps.size(), 1u);
  EXPECT_THAT((*graph)->tensors[turned].values<float>(), ElementsAre(0, 1, 0.5f, 1.5f));
  EXPECT_FALSE((*model)->main().tensors[turned].is_constant);
}

// Kernels may read past the end of an input; the file's memory may end there.
TEST(GraphTest, AnOperatorOfKernelsFolds) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 3}, Quant(1, 0));
  const int a = b.Constant<int8_t>("a", {1, 5}, {1, 2, 3, 4, 5}, Quant(1, 0));
  const int w = b.Constant<int8_t>("w", {3, 5}, std::vector<int8_t>(15, 1), Quant(1, 0));
  const int c = b.Tensor("c", DataType::kInt8, {1, 3}, Quant(1, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, 3}, Quant(1, 0));
  b.Op(BuiltinOp::kFullyConnected, 4, {a, w, kAbsentTensor}, {c}, FullyConnectedOptions{});
  b.Op(BuiltinOp::kAdd, 1, {x, c}, {y}, AddOptions{});
  b.Output(y);
  const auto graph = Prepare(b);
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_THAT((*graph)->tensors[c].values<int8_t>(), ElementsAre(15, 15, 15));
}

TEST(GraphTest, AnOutputMayBeAFoldedConstant) {
  ModelBuilder b;
  b.Input("x", DataType::kFloat32, {1});
  const int codes = b.Constant<int8_t>("codes", {2}, {4, 6}, Quant(0.5f, 0));
  const int y = b.Tensor("y", DataType::kFloat32, {2});
  b.Op(BuiltinOp::kDequantize, 1, {codes}, {y});
  b.Output(y);
  const auto graph = Prepare(b);
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_TRUE((*graph)->steps.empty());
  EXPECT_THAT((*graph)->tensors[y].values<float>(), ElementsAre(2, 3));
}

TEST(GraphTest, WhatNoOutputNeedsDoesNotRun) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 4});
  const int dead = b.Tensor("dead", DataType::kFloat32, {1, 4});
  const int deader = b.Tensor("deader", DataType::kFloat32, {1, 4});
  b.Op(BuiltinOp::kAdd, 1, {x, x}, {dead}, AddOptions{});
  b.Op(BuiltinOp::kAdd, 1, {x, x}, {y}, AddOptions{});
  b.Op(BuiltinOp::kAdd, 1, {dead, x}, {deader}, AddOptions{});
  b.Output(y);
  const auto graph = Prepare(b);
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ((*graph)->steps.size(), 1u);
  EXPECT_EQ((*graph)->steps[0].op_index, 1);
}

// Supported, though its weights come from another operator that nothing else needs.
TEST(GraphTest, AnUnneededOperatorWithFoldedWeightsIsNoError) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4});
  HalfFullyConnected(b, x);
  const int z = b.Tensor("z", DataType::kFloat32, {1, 4});
  b.Op(BuiltinOp::kAdd, 1, {x, x}, {z}, AddOptions{});
  b.Output(z);
  const auto graph = Prepare(b);
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ((*graph)->steps.size(), 1u);
}

TEST(GraphTest, AnUnneededOperatorThatIsUnknownIsStillRefused) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 4});
  const int dead = b.Tensor("dead", DataType::kFloat32, {1, 4});
  b.Op(BuiltinOp::kAdd, 1, {x, x}, {y}, AddOptions{});
  b.CustomOp("Sharpen", {x}, {dead});
  b.Output(y);
  const auto graph = Prepare(b);
  EXPECT_EQ(graph.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(graph.status().message(), AllOf(HasSubstr("operator 1"), HasSubstr("'Sharpen'")));
}

TEST(GraphTest, AnErrorInAConstantNamesItsOperator) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2, 2});
  const int c = b.Constant<float>("c", {2, 2}, {1, 2, 3, 4});
  const int shape = b.Constant<int32_t>("shape", {1}, {3});
  const int bad = b.Tensor("bad", DataType::kFloat32, {3});
  const int y = b.Tensor("y", DataType::kFloat32, {2, 2});
  b.Op(BuiltinOp::kReshape, 1, {c, shape}, {bad}, ReshapeOptions{});
  b.Op(BuiltinOp::kAdd, 1, {x, bad}, {y}, AddOptions{});
  b.Output(y);
  EXPECT_THAT(Prepare(b).status().message(), HasSubstr("operator 0 (RESHAPE)"));
}

TEST(ProgramTest, AVariableTensorIsState) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1});
  const int state = b.Variable("state", DataType::kFloat32, {1});
  const int y = b.Tensor("y", DataType::kFloat32, {1});
  b.Op(BuiltinOp::kAdd, 1, {x, state}, {y}, AddOptions{});
  b.Output(y);
  auto model = ReadModel(b.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  GraphOptions options;
  options.isas = *AllowedIsas("scalar");
  const auto program = PrepareProgram(*model, options);
  ASSERT_TRUE(program.ok()) << program.status();
  EXPECT_TRUE((*program)->stateful);
}

// Fills the current subgraph with y = IF(p, p) of these branches.
void Call(ModelBuilder& b, int32_t then_subgraph, int32_t else_subgraph) {
  const int p = b.Input("p", DataType::kBool, {});
  const int y = b.Tensor("y", DataType::kBool, {});
  b.Op(BuiltinOp::kIf, 1, {p, p}, {y}, IfOptions{then_subgraph, else_subgraph});
  b.Output(y);
}

void PassThrough(ModelBuilder& b) { b.Output(b.Input("p", DataType::kBool, {})); }

// A chain of this many subgraphs, each of which calls the next twice.
ModelBuilder Chain(int32_t length) {
  ModelBuilder b;
  for (int32_t s = 1; s < length; ++s) {
    Call(b, s, s);
    b.Subgraph("next");
  }
  PassThrough(b);
  return b;
}

TEST(ProgramTest, SubgraphsMayNotCallEachOtherInACircle) {
  ModelBuilder self;
  Call(self, 0, 0);
  EXPECT_THAT(Prepare(self).status().message(),
              HasSubstr("subgraph 0 calls itself through subgraph 0"));
  ModelBuilder pair;
  Call(pair, 1, 2);
  pair.Subgraph("one");
  PassThrough(pair);
  pair.Subgraph("two");
  Call(pair, 1, 3);
  pair.Subgraph("three");
  Call(pair, 1, 2);
  EXPECT_EQ(Prepare(pair).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Prepare(pair).status().message(),
              HasSubstr("subgraph 2 calls itself through subgraph 3"));
}

TEST(ProgramTest, CallsNestOnlySoDeep) {
  EXPECT_TRUE(Prepare(Chain(64)).ok());
  const absl::Status status = Prepare(Chain(65)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("calls nest deeper than 64 levels"));
  EXPECT_EQ(Prepare(Chain(20000)).status().code(), absl::StatusCode::kUnimplemented);
}

TEST(ProgramTest, OnlySubgraphsThatAreCalledArePrepared) {
  ModelBuilder b;
  Call(b, 2, 2);
  b.Subgraph("uncalled");
  b.CustomOp("Sharpen", {b.Input("x", DataType::kBool, {})}, {b.Tensor("y", DataType::kBool, {})});
  b.Subgraph("called");
  PassThrough(b);
  EXPECT_TRUE(Prepare(b).ok()) << Prepare(b).status();
}

TEST(ProgramTest, AnErrorInASubgraphNamesIt) {
  ModelBuilder b;
  Call(b, 1, 1);
  b.Subgraph("called");
  const int x = b.Input("x", DataType::kBool, {});
  const int y = b.Tensor("y", DataType::kBool, {});
  b.CustomOp("Sharpen", {x}, {y});
  b.Output(y);
  EXPECT_THAT(Prepare(b).status().message(),
              AllOf(HasSubstr("subgraph 1, operator 0"), HasSubstr("'Sharpen'")));
}

// A handle is as good as a constant: it is known when the model is prepared.
TEST(ProgramTest, HandlesAreFolded) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1});
  const int handle = b.Tensor("h", DataType::kResource, {});
  b.Op(BuiltinOp::kVarHandle, 1, {}, {handle}, VarHandleOptions{"", "v"});
  b.Op(BuiltinOp::kAssignVariable, 1, {handle, x}, {});
  b.Output(x);
  const auto graph = Prepare(b);
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ((*graph)->steps.size(), 1u);
  EXPECT_EQ((*graph)->steps[0].kind, BuiltinOp::kAssignVariable);
  EXPECT_TRUE((*graph)->tensors[handle].is_constant);
}

}  // namespace
}  // namespace octet
