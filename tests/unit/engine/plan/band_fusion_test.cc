#include "engine/plan/band_fusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using testing::ModelBuilder;
using testing::Quant;

constexpr int32_t kSide = 8;
constexpr int32_t kChannels = 16;
constexpr char kTwo[] = "DEPTHWISE_CONV_2D+CONV_2D";
constexpr char kThree[] = "CONV_2D+DEPTHWISE_CONV_2D+CONV_2D";
const Quant kCodes(0.1f, 0);

absl::StatusOr<std::unique_ptr<const Program>> Prepare(const ModelBuilder& builder,
                                                       bool keep_every_tensor, int threads) {
  auto model = ReadModel(builder.Build());
  if (!model.ok()) return model.status();
  GraphOptions options;
  options.isas = *AllowedIsas("scalar");
  options.keep_every_tensor = keep_every_tensor;
  options.threads = threads;
  return PrepareProgram(*std::move(model), options);
}

std::vector<std::string> Names(const ModelBuilder& builder, bool keep_every_tensor = false,
                               int threads = 2) {
  const auto program = Prepare(builder, keep_every_tensor, threads);
  if (!program.ok()) return {std::string(program.status().message())};
  std::vector<std::string> names;
  for (const GraphStep& step : (*program)->main().steps) names.push_back(StepName(step));
  return names;
}

int Input(ModelBuilder& b) {
  return b.Input("x", DataType::kInt8, {1, kSide, kSide, kChannels}, kCodes);
}

// Convolutions whose output has the input's shape; without bias.
int Conv(ModelBuilder& b, int x, int32_t kernel = 1) {
  const int w = b.Constant<int8_t>("w", {kChannels, kernel, kernel, kChannels},
                                   std::vector<int8_t>(kChannels * kChannels * kernel * kernel, 1),
                                   Quant(0.01f, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, kSide, kSide, kChannels}, kCodes);
  b.Op(BuiltinOp::kConv2d, 3, {x, w}, {y}, Conv2DOptions{});
  return y;
}
int Depthwise(ModelBuilder& b, int x) {
  const int w = b.Constant<int8_t>("w", {1, 3, 3, kChannels}, std::vector<int8_t>(kChannels * 9, 1),
                                   Quant(0.01f, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, kSide, kSide, kChannels}, kCodes);
  b.Op(BuiltinOp::kDepthwiseConv2d, 3, {x, w}, {y}, DepthwiseConv2DOptions{});
  return y;
}
int Add(ModelBuilder& b, int x, int y) {
  const int sum = b.Tensor("sum", DataType::kInt8, {1, kSide, kSide, kChannels}, kCodes);
  b.Op(BuiltinOp::kAdd, 2, {x, y}, {sum}, AddOptions{});
  return sum;
}

TEST(BandFusionTest, JoinsADepthwiseConvolutionWithThePointwiseOneAfterIt) {
  ModelBuilder b;
  b.Output(Conv(b, Depthwise(b, Input(b))));
  EXPECT_THAT(Names(b), ElementsAre(kTwo));
}

TEST(BandFusionTest, TakesInThePointwiseOneBeforeIt) {
  ModelBuilder b;
  b.Output(Conv(b, Depthwise(b, Conv(b, Input(b)))));
  EXPECT_THAT(Names(b), ElementsAre(kThree));
}

TEST(BandFusionTest, OneThreadJoinsOnlyWhatHasAPointwiseOneBefore) {
  ModelBuilder two;
  two.Output(Conv(two, Depthwise(two, Input(two))));
  EXPECT_THAT(Names(two, /*keep_every_tensor=*/false, /*threads=*/1),
              ElementsAre("DEPTHWISE_CONV_2D", "CONV_2D"));
  ModelBuilder three;
  three.Output(Conv(three, Depthwise(three, Conv(three, Input(three)))));
  EXPECT_THAT(Names(three, /*keep_every_tensor=*/false, /*threads=*/1), ElementsAre(kThree));
}

TEST(BandFusionTest, KeepsWhatTheOperatorsRead) {
  ModelBuilder b;
  b.Output(Conv(b, Depthwise(b, Conv(b, Input(b)))));
  const auto program = Prepare(b, /*keep_every_tensor=*/false, /*threads=*/1);
  ASSERT_TRUE(program.ok()) << program.status();
  const Graph& graph = (*program)->main();
  const GraphStep& step = graph.steps[0];
  EXPECT_EQ(step.op_index, 2);
  EXPECT_EQ(step.kind, BuiltinOp::kConv2d);
  EXPECT_EQ(step.outputs, graph.outputs);
  // The image, then weights of each.
  ASSERT_EQ(step.inputs.size(), 4);
  EXPECT_EQ(step.inputs[0], graph.inputs[0]);
  EXPECT_EQ(graph.tensors[step.inputs[1]].shape, (Shape{kChannels, 1, 1, kChannels}));
  EXPECT_EQ(graph.tensors[step.inputs[2]].shape, (Shape{1, 3, 3, kChannels}));
  EXPECT_EQ(graph.tensors[step.inputs[3]].shape, (Shape{kChannels, 1, 1, kChannels}));
}

TEST(BandFusionTest, ChainsFollowEachOther) {
  ModelBuilder b;
  const int x = Conv(b, Depthwise(b, Conv(b, Input(b))));
  b.Output(Conv(b, Depthwise(b, Conv(b, x))));
  EXPECT_THAT(Names(b), ElementsAre(kThree, kThree));
  // One convolution cannot be the end of one chain and the start of the next.
  ModelBuilder shared;
  shared.Output(Conv(shared, Depthwise(shared, Conv(shared, Depthwise(shared, Input(shared))))));
  EXPECT_THAT(Names(shared), ElementsAre(kTwo, kTwo));
}

TEST(BandFusionTest, LeavesWhatOthersReadToo) {
  ModelBuilder expanded;  // the tensor before the depthwise convolution
  const int x = Conv(expanded, Input(expanded));
  expanded.Output(Add(expanded, x, Conv(expanded, Depthwise(expanded, x))));
  EXPECT_THAT(Names(expanded), ElementsAre("CONV_2D", kTwo, "ADD"));
  ModelBuilder filtered;  // the one after it
  const int y = Depthwise(filtered, Input(filtered));
  filtered.Output(Add(filtered, y, Conv(filtered, y)));
  EXPECT_THAT(Names(filtered), ElementsAre("DEPTHWISE_CONV_2D", "CONV_2D", "ADD"));
  ModelBuilder output;  // one that is an output of the graph
  const int z = Depthwise(output, Input(output));
  output.Output(z);
  output.Output(Conv(output, z));
  EXPECT_THAT(Names(output), ElementsAre("DEPTHWISE_CONV_2D", "CONV_2D"));
}

TEST(BandFusionTest, LeavesWindowsThatAreNotPointwise) {
  ModelBuilder after;
  after.Output(Conv(after, Depthwise(after, Input(after)), 3));
  EXPECT_THAT(Names(after), ElementsAre("DEPTHWISE_CONV_2D", "CONV_2D"));
  ModelBuilder before;
  before.Output(Conv(before, Depthwise(before, Conv(before, Input(before), 3))));
  EXPECT_THAT(Names(before), ElementsAre("CONV_2D", kTwo));
}

TEST(BandFusionTest, LeavesEverythingWhereEveryTensorIsKept) {
  ModelBuilder b;
  b.Output(Conv(b, Depthwise(b, Input(b))));
  EXPECT_THAT(Names(b, /*keep_every_tensor=*/true), ElementsAre("DEPTHWISE_CONV_2D", "CONV_2D"));
}

TEST(BandFusionTest, TensorsBetweenTakeNoMemory) {
  ModelBuilder b;
  b.Output(Conv(b, Depthwise(b, Conv(b, Input(b)))));
  const auto program = Prepare(b, /*keep_every_tensor=*/false, /*threads=*/1);
  ASSERT_TRUE(program.ok()) << program.status();
  PlanOptions options;
  options.max_arena_bytes = 1 << 20;
  const Graph& graph = (*program)->main();
  const auto plan = BuildPlan(graph, *InputShapesFor(graph, 1), options);
  ASSERT_TRUE(plan.ok()) << plan.status();
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const bool outside =
        static_cast<int32_t>(t) == graph.inputs[0] || static_cast<int32_t>(t) == graph.outputs[0];
    EXPECT_EQ(plan->offsets[t] != Plan::kNotInArena, outside) << t;
  }
}

}  // namespace
}  // namespace octet
