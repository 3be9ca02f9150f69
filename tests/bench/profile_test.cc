#include "tests/bench/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace octet {
namespace {

using ::testing::HasSubstr;

int64_t Macs(BuiltinOp kind, const std::vector<Shape>& inputs, const Shape& output) {
  return StepMacs(kind, inputs, {output});
}

TEST(StepMacsTest, CountsProductsFromShapes) {
  // 4 * 4 * 8 outputs of 3 * 3 * 5 products each.
  EXPECT_EQ(Macs(BuiltinOp::kConv2d, {{1, 4, 4, 5}, {8, 3, 3, 5}, {8}}, {1, 4, 4, 8}), 5760);
  // Two groups: a filter sees half of the channels.
  EXPECT_EQ(Macs(BuiltinOp::kConv2d, {{1, 4, 4, 6}, {8, 3, 3, 3}, {8}}, {1, 4, 4, 8}), 3456);
  // 2 * 4 * 4 * 6 outputs of 3 * 3 products.
  EXPECT_EQ(Macs(BuiltinOp::kDepthwiseConv2d, {{2, 4, 4, 3}, {1, 3, 3, 6}, {6}}, {2, 4, 4, 6}),
            1728);
  EXPECT_EQ(Macs(BuiltinOp::kFullyConnected, {{3, 10}, {7, 10}, Shape()}, {3, 7}), 210);
  // 2 * 2 * 4 inputs, each in 3 * 3 places of 5 channels.
  EXPECT_EQ(Macs(BuiltinOp::kTransposeConv, {{4}, {5, 3, 3, 4}, {1, 2, 2, 4}}, {1, 4, 4, 5}), 720);
  // 2 * 3 * 4 outputs of 2 * 2 * 2 * 5 products.
  EXPECT_EQ(Macs(BuiltinOp::kConv3d, {{1, 2, 3, 4, 5}, {2, 2, 2, 5, 1}}, {1, 2, 3, 4, 1}), 960);
}

TEST(StepMacsTest, BatchMatmulCountsTheSameWhicheverSideIsTransposed) {
  EXPECT_EQ(Macs(BuiltinOp::kBatchMatmul, {{2, 3, 5}, {2, 5, 4}}, {2, 3, 4}), 120);
  EXPECT_EQ(Macs(BuiltinOp::kBatchMatmul, {{2, 5, 3}, {2, 4, 5}}, {2, 3, 4}), 120);
}

TEST(StepMacsTest, OtherOperatorsHaveNone) {
  EXPECT_EQ(Macs(BuiltinOp::kAdd, {{1, 8}, {1, 8}}, {1, 8}), 0);
  EXPECT_EQ(Macs(BuiltinOp::kBatchMatmul, {{0, 5}, {5, 4}}, {0, 4}), 0);
}

TEST(StepMacsTest, ConvolutionsInOneCountEach) {
  GraphStep step;
  step.kind = BuiltinOp::kConv2d;
  const Shape image = {2, 4, 4, 3};
  const Shape output = {2, 2, 2, 5};
  const std::vector<Shape> two = {image, {1, 3, 3, 3}, {3}, {5, 1, 1, 3}};
  step.merged = {BuiltinOp::kDepthwiseConv2d, BuiltinOp::kConv2d};
  EXPECT_EQ(StepMacs(step, two, {output}), 8 * 27 + 8 * 15);
  const std::vector<Shape> three = {image, {6, 1, 1, 3}, {6}, {1, 3, 3, 6}, {6}, {5, 1, 1, 6}, {5}};
  step.merged.insert(step.merged.begin(), BuiltinOp::kConv2d);
  EXPECT_EQ(StepMacs(step, three, {output}), 32 * 18 + 8 * 54 + 8 * 30);
}

// One graph of int8 FULLY_CONNECTED with a bias, WHILE and ADD.
Program TestProgram(DataType data = DataType::kInt8, DataType weights = DataType::kInt8) {
  auto graph = std::make_unique<Graph>();
  graph->tensors.resize(4);
  graph->tensors[0].type = data;
  graph->tensors[1].type = weights;
  graph->tensors[2].type = DataType::kInt32;
  graph->tensors[3].type = data;
  graph->steps.resize(3);
  graph->steps[0].kind = BuiltinOp::kFullyConnected;
  graph->steps[0].inputs = {0, 1, 2};
  graph->steps[0].outputs = {3};
  graph->steps[1].kind = BuiltinOp::kWhile;
  graph->steps[1].op_index = 1;
  graph->steps[1].inputs = {0};
  graph->steps[1].outputs = {3};
  graph->steps[2].kind = BuiltinOp::kAdd;
  graph->steps[2].op_index = 2;
  Program program;
  program.graphs.push_back(nullptr);  // one that nothing calls
  program.graphs.push_back(std::move(graph));
  return program;
}

TEST(StepBytesTest, CountsInputsWeightsAndOutputsInTheirTypes) {
  const Program program = TestProgram(DataType::kFloat32);
  const Graph& graph = *program.graphs[1];
  const std::vector<Shape> inputs = {{3, 10}, {7, 10}, {7}};
  // 30 floats, 70 codes, 7 words, 21 floats.
  EXPECT_EQ(StepBytes(graph, graph.steps[0], inputs, {Shape{3, 7}}), 120 + 70 + 28 + 84);
  GraphStep no_bias;
  no_bias.kind = BuiltinOp::kFullyConnected;
  no_bias.inputs = {0, 1, kAbsentTensor};
  no_bias.outputs = {3};
  EXPECT_EQ(StepBytes(graph, no_bias, inputs, {Shape{3, 7}}), 120 + 70 + 84);
  EXPECT_EQ(StepBytes(graph, graph.steps[1], {Shape{3, 10}}, {Shape{3, 7}}), 0);
}

TEST(MultipliesInt8Test, AsksForCodesOnBothSidesOrHybridWeights) {
  const auto multiplies = [](DataType data, DataType weights) {
    const Program program = TestProgram(data, weights);
    return MultipliesInt8(*program.graphs[1], program.graphs[1]->steps[0]);
  };
  EXPECT_TRUE(multiplies(DataType::kInt8, DataType::kInt8));
  EXPECT_TRUE(multiplies(DataType::kUint8, DataType::kUint8));
  EXPECT_TRUE(multiplies(DataType::kFloat32, DataType::kInt8));
  EXPECT_FALSE(multiplies(DataType::kFloat32, DataType::kFloat32));
  EXPECT_FALSE(multiplies(DataType::kInt16, DataType::kInt8));
  const Program program = TestProgram();
  EXPECT_FALSE(MultipliesInt8(*program.graphs[1], program.graphs[1]->steps[2]));
}

// 1000 products or 100 near bytes or 10 far ones a microsecond.
MachineLimits TestLimits() { return {1e9, {{1000, 100e6}, {50000, 10e6}}}; }

TEST(BoundOfTest, IsTheLaterOfComputeAndMemory) {
  const StepBound compute = BoundOf(TestLimits(), {.int8_macs = 20000, .bytes = 1000});
  EXPECT_EQ(compute.kind, StepBound::Kind::kCompute);
  EXPECT_DOUBLE_EQ(compute.us, 20);
  const StepBound memory = BoundOf(TestLimits(), {.int8_macs = 5000, .bytes = 1000});
  EXPECT_EQ(memory.kind, StepBound::Kind::kMemory);
  EXPECT_DOUBLE_EQ(memory.us, 10);
}

TEST(BoundOfTest, TakesTheLevelThatHoldsTheBytes) {
  EXPECT_DOUBLE_EQ(BoundOf(TestLimits(), {.bytes = 1000}).us, 10);
  EXPECT_DOUBLE_EQ(BoundOf(TestLimits(), {.bytes = 1001}).us, 100.1);
  EXPECT_DOUBLE_EQ(BoundOf(TestLimits(), {.bytes = 90000}).us, 9000);
}

TEST(BoundOfTest, SaysNothingWithoutWorkOrLimits) {
  EXPECT_EQ(BoundOf(TestLimits(), {}).kind, StepBound::Kind::kUnknown);
  EXPECT_EQ(BoundOf({}, {.int8_macs = 5, .bytes = 5}).kind, StepBound::Kind::kUnknown);
}

TEST(ProfileTest, CountsCallsAndForgetsThem) {
  const Program program = TestProgram();
  const GraphStep& product = program.graphs[1]->steps[0];
  const std::vector<Shape> inputs = {{3, 10}, {7, 10}};
  Profile profile(program);
  for (int run = 0; run < 2; ++run) {
    profile.StepBegins(product);
    profile.StepEnds(product, inputs, {Shape{3, 7}});
  }
  ASSERT_EQ(profile.Sorted().size(), 1);
  EXPECT_EQ(profile.Sorted()[0].calls, 2);
  EXPECT_EQ(profile.Sorted()[0].macs, 210);
  EXPECT_LE(profile.Sorted()[0].best_us(), profile.Sorted()[0].total_us);
  EXPECT_EQ(profile.Sorted()[0].work.int8_macs, 210);
  EXPECT_EQ(profile.Sorted()[0].work.bytes, 30 + 70 + 21);
  // A limit so low that the bound is compute's.
  const std::string table = profile.Table(2, {1, TestLimits().readings});
  EXPECT_THAT(table, HasSubstr("FULLY_CONNECTED"));
  EXPECT_THAT(table, HasSubstr("[3,10][7,10] -> [3,7]"));
  EXPECT_THAT(table, HasSubstr(" 121 compute "));
  EXPECT_THAT(profile.Table(2, {}), HasSubstr(" - "));
  profile.Clear();
  EXPECT_TRUE(profile.Sorted().empty());
}

TEST(ProfileTest, TimeOfNestedStepsIsTheirsAlone) {
  const Program program = TestProgram();
  const GraphStep& loop = program.graphs[1]->steps[1];
  const GraphStep& inner = program.graphs[1]->steps[2];
  Profile profile(program);
  const auto begin = std::chrono::steady_clock::now();
  profile.StepBegins(loop);
  for (int i = 0; i < 1000; ++i) {
    profile.StepBegins(inner);
    profile.StepEnds(inner, {}, {});
  }
  profile.StepEnds(loop, {}, {});
  const std::chrono::duration<double, std::micro> all = std::chrono::steady_clock::now() - begin;
  double sum = 0;
  for (const Profile::Entry& entry : profile.Sorted()) sum += entry.total_us;
  // Counted twice, the inner steps would push the sum past what passed.
  EXPECT_GT(sum, 0);
  EXPECT_LE(sum, all.count());
  EXPECT_EQ(profile.Sorted().size(), 2);
}

}  // namespace
}  // namespace octet
