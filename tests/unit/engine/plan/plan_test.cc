#include "engine/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::testing::HasSubstr;
using testing::ModelBuilder;

constexpr size_t kNoLimit = size_t{1} << 40;

// The main graph, which keeps its program alive.
std::shared_ptr<const Graph> Prepare(const ModelBuilder& builder) {
  auto model = ReadModel(builder.Build());
  EXPECT_TRUE(model.ok()) << model.status();
  GraphOptions options;
  options.isas = *AllowedIsas("scalar");
  auto prepared = PrepareProgram(*model, options);
  EXPECT_TRUE(prepared.ok()) << prepared.status();
  std::shared_ptr<const Program> program = *std::move(prepared);
  return std::shared_ptr<const Graph>(program, &program->main());
}

absl::StatusOr<Plan> PlanRows(const Graph& graph, int rows, size_t limit = kNoLimit,
                              int threads = 1) {
  PlanOptions options;
  options.threads = threads;
  options.max_arena_bytes = limit;
  auto shapes = InputShapesFor(graph, rows);
  if (!shapes.ok()) return shapes.status();
  return BuildPlan(graph, *std::move(shapes), options);
}

absl::Status Batchable(const Graph& graph) {
  const auto one = PlanRows(graph, 1);
  EXPECT_TRUE(one.ok()) << one.status();
  return CheckBatchable(graph, *one, PlanRows(graph, 2));
}

int Add(ModelBuilder& b, int a, int c, std::vector<int32_t> shape) {
  const int y = b.Tensor("sum", DataType::kFloat32, std::move(shape));
  b.Op(BuiltinOp::kAdd, 1, {a, c}, {y}, AddOptions{});
  return y;
}

int Reshape(ModelBuilder& b, int x, std::vector<int32_t> target, std::vector<int32_t> shape) {
  const int constant = b.Constant<int32_t>("target", {static_cast<int32_t>(target.size())}, target);
  const int y = b.Tensor("reshaped", DataType::kFloat32, std::move(shape));
  b.Op(BuiltinOp::kReshape, 1, {x, constant}, {y}, ReshapeOptions{});
  return y;
}

// x [1,1000] -> four additions in a row.
ModelBuilder Chain() {
  ModelBuilder b;
  int at = b.Input("x", DataType::kFloat32, {1, 1000});
  for (int i = 0; i < 4; ++i) at = Add(b, at, at, {1, 1000});
  b.Output(at);
  return b;
}

// x [1,1000] -> four operators that can't run in place.
ModelBuilder FarChain() {
  ModelBuilder b;
  int at = b.Input("x", DataType::kFloat32, {1, 1000});
  for (int i = 0; i < 4; ++i) {
    const int y = b.Tensor("y", DataType::kFloat32, {1, 1000});
    b.Op(BuiltinOp::kSoftmax, 1, {at}, {y}, SoftmaxOptions{});
    at = y;
  }
  b.Output(at);
  return b;
}

TEST(PlanTest, ShapesFollowTheRows) {
  const auto graph = Prepare(Chain());
  for (int rows : {1, 3}) {
    const auto plan = PlanRows(*graph, rows);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(plan->input_shapes[0].dim(0), rows);
    for (const Shape& shape : plan->shapes) EXPECT_EQ(shape, (Shape{rows, 1000}));
  }
}

TEST(PlanTest, MemoryOfTheDeadIsReused) {
  const auto graph = Prepare(FarChain());
  const auto plan = PlanRows(*graph, 1);
  ASSERT_TRUE(plan.ok());
  // Two of five tensors of 4000 bytes live at once.
  EXPECT_GE(plan->arena_bytes, 8000u);
  EXPECT_LT(plan->arena_bytes, 3 * 4000u);
  for (const GraphStep& step : graph->steps) {
    const size_t in = plan->offsets[step.inputs[0]];
    const size_t out = plan->offsets[step.outputs[0]];
    EXPECT_GE(in > out ? in - out : out - in, 4000u + ops::kInputOverReadBytes);
  }
}

TEST(PlanTest, AnInputThatDiesGivesItsMemory) {
  const auto graph = Prepare(Chain());
  const auto plan = PlanRows(*graph, 1);
  ASSERT_TRUE(plan.ok());
  EXPECT_LT(plan->arena_bytes, 2 * 4000u);
  for (const GraphStep& step : graph->steps) {
    EXPECT_EQ(plan->offsets[step.inputs[0]], plan->offsets[step.outputs[0]]);
  }
}

TEST(PlanTest, ReshapesAreInPlace) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 6});
  const int y = Reshape(b, x, {2, 3}, {2, 3});
  b.Output(y);
  const auto plan = PlanRows(*Prepare(b), 1);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->offsets[x], plan->offsets[y]);
}

// x + x is read later, a + x is an output, and the sum of a row and a table is larger than the row.
TEST(PlanTest, WhatIsStillNeededKeepsItsMemory) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 1000});
  const int row = b.Input("row", DataType::kFloat32, {1, 1000});
  const int wide = b.Constant<float>("wide", {2, 1000}, std::vector<float>(2000, 1));
  const int a = Add(b, x, x, {1, 1000});
  const int c = Add(b, a, x, {1, 1000});
  const int d = Add(b, c, a, {1, 1000});
  const int e = Add(b, row, wide, {2, 1000});
  b.Output(c);
  b.Output(d);
  b.Output(e);
  const auto plan = PlanRows(*Prepare(b), 1);
  ASSERT_TRUE(plan.ok());
  const auto& at = plan->offsets;
  EXPECT_NE(at[a], at[x]);
  EXPECT_EQ(at[c], at[x]);
  EXPECT_EQ(at[d], at[a]);
  EXPECT_NE(at[c], at[d]);
  EXPECT_NE(at[e], at[row]);
}

// The first input can't: it is read again. The second can.
TEST(PlanTest, EitherInputMayGiveItsMemory) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 1000});
  const int z = b.Input("z", DataType::kFloat32, {1, 1000});
  const int a = Add(b, x, z, {1, 1000});
  b.Output(Add(b, a, x, {1, 1000}));
  const auto plan = PlanRows(*Prepare(b), 1);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->offsets[a], plan->offsets[z]);
}

TEST(PlanTest, ConstantsAreNotInTheArena) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2});
  const int c = b.Constant<float>("c", {1, 2}, {1, 2});
  b.Output(Add(b, x, c, {1, 2}));
  const auto plan = PlanRows(*Prepare(b), 1);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->offsets[c], Plan::kNotInArena);
  EXPECT_NE(plan->offsets[x], Plan::kNotInArena);
}

TEST(PlanTest, TheLimitIsExact) {
  const auto graph = Prepare(Chain());
  const size_t need = PlanRows(*graph, 1)->arena_bytes;
  EXPECT_TRUE(PlanRows(*graph, 1, need).ok());
  const auto beyond = PlanRows(*graph, 1, need - 1);
  EXPECT_EQ(beyond.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(PlanRows(*graph, 1000000, size_t{1} << 31).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(PlanTest, AnErrorNamesTheOperator) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 6});
  b.Output(Reshape(b, Reshape(b, x, {2, 3}, {2, 3}), {4}, {4}));
  const auto plan = PlanRows(*Prepare(b), 1);
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(plan.status().message(), HasSubstr("operator 1 (RESHAPE): shape [2,3]"));
}

TEST(CheckBatchableTest, RowsThatStayApart) { EXPECT_TRUE(Batchable(*Prepare(Chain())).ok()); }

TEST(CheckBatchableTest, AConstantThatRepeats) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2});
  b.Output(Add(b, x, b.Constant<float>("c", {2}, {1, 2}), {1, 2}));
  EXPECT_TRUE(Batchable(*Prepare(b)).ok());
}

TEST(CheckBatchableTest, AReshapeThatKeepsTheBatchInFront) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2, 2});
  b.Output(Reshape(b, x, {1, 4}, {1, 4}));
  EXPECT_TRUE(Batchable(*Prepare(b)).ok());
  ModelBuilder open;
  const int y = open.Input("x", DataType::kFloat32, {1, 2, 2});
  open.Output(Reshape(open, y, {-1, 4}, {1, 4}));
  EXPECT_TRUE(Batchable(*Prepare(open)).ok());
}

TEST(CheckBatchableTest, AReshapeThatTakesTheBatchUp) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2, 2});
  b.Output(Reshape(b, x, {1, -1}, {1, 4}));
  const auto status = Batchable(*Prepare(b));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("[1,8] for a batch of 2"));
}

TEST(CheckBatchableTest, RowsThatMeetInsideAndPartAgain) {
  // The batch moves behind the features and back; no output shape tells.
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2});
  const int turned = b.Tensor("turned", DataType::kFloat32, {2, 1});
  b.Op(BuiltinOp::kTranspose, 1, {x, b.Constant<int32_t>("order", {2}, {1, 0})}, {turned});
  b.Output(Reshape(b, turned, {-1, 2}, {1, 2}));
  const auto status = Batchable(*Prepare(b));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("operator 0 (TRANSPOSE)"));
}

TEST(CheckBatchableTest, WhatMixesRows) {
  const auto one_op = [](BuiltinOp op, std::vector<int32_t> parameter, std::vector<int32_t> shape,
                         std::vector<int32_t> out, OpOptions options, std::vector<int32_t> in) {
    ModelBuilder b;
    const int x = b.Input("x", DataType::kFloat32, std::move(in));
    std::vector<int32_t> inputs = {x};
    if (!parameter.empty()) {
      inputs.push_back(b.Constant<int32_t>("parameter", std::move(shape), parameter));
    }
    const int y = b.Tensor("y", DataType::kFloat32, std::move(out));
    b.Op(op, 1, inputs, {y}, options);
    b.Output(y);
    return Batchable(*Prepare(b));
  };
  EXPECT_FALSE(one_op(BuiltinOp::kMean, {0}, {1}, {1, 4}, ReducerOptions{true}, {1, 4}).ok());
  EXPECT_FALSE(one_op(BuiltinOp::kPad, {1, 0, 0, 0}, {2, 2}, {2, 4}, {}, {1, 4}).ok());
  EXPECT_FALSE(one_op(BuiltinOp::kSoftmax, {}, {}, {1}, SoftmaxOptions{}, {1}).ok());
  EXPECT_TRUE(one_op(BuiltinOp::kMean, {1}, {1}, {1}, ReducerOptions{}, {1, 4}).ok());
  EXPECT_TRUE(one_op(BuiltinOp::kPad, {0, 0, 1, 0}, {2, 2}, {1, 5}, {}, {1, 4}).ok());
  EXPECT_TRUE(one_op(BuiltinOp::kSoftmax, {}, {}, {1, 4}, SoftmaxOptions{}, {1, 4}).ok());
}

TEST(CheckBatchableTest, ConstantsBesideRows) {
  ModelBuilder joined;
  const int x = joined.Input("x", DataType::kFloat32, {1, 2});
  const int c = joined.Constant<float>("c", {1, 1}, {1});
  const int y = joined.Tensor("y", DataType::kFloat32, {1, 3});
  ConcatenationOptions options;
  options.axis = 1;
  joined.Op(BuiltinOp::kConcatenation, 1, {x, c}, {y}, options);
  joined.Output(y);
  EXPECT_FALSE(Batchable(*Prepare(joined)).ok());
  ModelBuilder constant;
  const int z = constant.Input("x", DataType::kFloat32, {1, 2});
  constant.Output(Add(constant, z, z, {1, 2}));
  constant.Output(constant.Constant<float>("c", {1, 1}, {1}));
  EXPECT_FALSE(Batchable(*Prepare(constant)).ok()) << "an output that has no rows";
}

TEST(CheckBatchableTest, FirstDimensionsOtherThanOne) {
  ModelBuilder two;
  const int x = two.Input("x", DataType::kFloat32, {2, 2});
  two.Output(Add(two, x, x, {2, 2}));
  EXPECT_THAT(Batchable(*Prepare(two)).message(), HasSubstr("input 'x' has shape [2,2]"));
  ModelBuilder scalar;
  const int s = scalar.Input("s", DataType::kFloat32, {});
  scalar.Output(Add(scalar, s, s, {}));
  EXPECT_FALSE(Batchable(*Prepare(scalar)).ok());
}

}  // namespace
}  // namespace octet
