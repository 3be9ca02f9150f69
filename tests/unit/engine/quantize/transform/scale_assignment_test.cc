#include "engine/quantize/transform/scale_assignment.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/quantize/transform/integer_plan.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;

// Tensors of one shape in a graph of operators without options that matter, and their ranges.
class Net {
 public:
  int Input(ValueRange range) {
    Range(range);
    return b_.Input("in", DataType::kFloat32, {1, 4});
  }
  int Op(BuiltinOp op, std::vector<int> inputs, ValueRange range, const OpOptions& options = {}) {
    Range(range);
    const int y = b_.Tensor(absl::StrCat("t", ranges_.size() - 1), DataType::kFloat32, {1, 4});
    b_.Op(op, 1, std::move(inputs), {y}, options);
    return y;
  }
  int Constant(const std::vector<float>& values) {
    ranges_.push_back(absl::nullopt);
    return b_.Constant<float>("c", {1, 4}, values);
  }
  void Output(int tensor) { b_.Output(tensor); }

  IntegerPlan Plan(QuantizationMode mode = QuantizationMode::kFullInteger) {
    const std::string bytes = b_.Build();
    const auto model = ReadModel(bytes);
    EXPECT_TRUE(model.ok()) << model.status();
    auto plan = PlanInteger(**model, ranges_, {.mode = mode});
    EXPECT_TRUE(plan.ok()) << plan.status();
    return *std::move(plan);
  }

 private:
  void Range(ValueRange range) { ranges_.push_back(range); }
  ModelBuilder b_;
  TensorRanges ranges_;
};

ScaleChoice Scale(const IntegerPlan& plan, int tensor) { return *plan.scales.scales[tensor]; }

TEST(AssignScalesTest, OneInputGoesForward) {
  Net net;
  const int x = net.Input({-1, 1});
  const int y = net.Op(BuiltinOp::kReshape, {x}, {-9, 9});
  const int z = net.Op(BuiltinOp::kAbs, {y}, {0, 5});
  net.Output(z);
  const IntegerPlan plan = net.Plan();
  EXPECT_EQ(Scale(plan, x), Int8Scale({-1, 1}));
  EXPECT_EQ(Scale(plan, y), Int8Scale({-1, 1}));
  EXPECT_EQ(Scale(plan, z), Int8Scale({0, 5}));
  EXPECT_TRUE(plan.scales.inputs.empty());
}

TEST(AssignScalesTest, FixedRangesIgnoreTheSamples) {
  Net net;
  const int x = net.Input({-1, 1});
  const int y = net.Op(BuiltinOp::kLogistic, {x}, {0.2f, 0.7f});
  const int z = net.Op(BuiltinOp::kTanh, {y}, {0, 0.5f});
  net.Output(z);
  IntegerPlan plan = net.Plan();
  EXPECT_EQ(Scale(plan, y), (ScaleChoice{1.0f / 256, -128}));
  EXPECT_EQ(Scale(plan, z), (ScaleChoice{1.0f / 128, 0}));
  EXPECT_TRUE(plan.scales.fixed[y]);
  plan = net.Plan(QuantizationMode::kInt16x8);
  EXPECT_EQ(Scale(plan, y), (ScaleChoice{1.0f / 32768, 0}));
}

// x -> ABS -> RESHAPE -> CONCATENATION <- w: all but x have the concatenation's scale.
TEST(AssignScalesTest, SeveralInputsTakeTheOutputsScaleBackThroughMovements) {
  Net net;
  const int x = net.Input({-1, 1});
  const int w = net.Input({-2, 2});
  const int a = net.Op(BuiltinOp::kAbs, {x}, {0, 1});
  const int r = net.Op(BuiltinOp::kReshape, {a}, {0, 1});
  const int y = net.Op(BuiltinOp::kConcatenation, {r, w}, {-2, 2}, ConcatenationOptions{});
  net.Output(y);
  const IntegerPlan plan = net.Plan();
  EXPECT_EQ(Scale(plan, x), Int8Scale({-1, 1}));
  for (const int t : {w, a, r, y}) EXPECT_EQ(Scale(plan, t), Int8Scale({-2, 2})) << t;
  EXPECT_TRUE(plan.scales.inputs.empty());
}

TEST(AssignScalesTest, ChainOfConcatenationsHasTheLastOnesScale) {
  Net net;
  const int x = net.Input({-1, 1});
  const int v = net.Input({-2, 2});
  const int w = net.Input({-3, 3});
  const int a = net.Op(BuiltinOp::kConcatenation, {x, v}, {-2, 2}, ConcatenationOptions{});
  const int y = net.Op(BuiltinOp::kConcatenation, {a, w}, {-3, 3}, ConcatenationOptions{});
  net.Output(y);
  const IntegerPlan plan = net.Plan();
  for (const int t : {x, v, w, a, y}) EXPECT_EQ(Scale(plan, t), Int8Scale({-3, 3})) << t;
}

TEST(AssignScalesTest, FixedInputIsRequantized) {
  Net net;
  const int x = net.Input({-1, 1});
  const int s = net.Op(BuiltinOp::kLogistic, {x}, {0, 1});
  const int y = net.Op(BuiltinOp::kConcatenation, {s, x}, {-1, 1}, ConcatenationOptions{});
  net.Output(y);
  const IntegerPlan plan = net.Plan();
  EXPECT_EQ(Scale(plan, s), (ScaleChoice{1.0f / 256, -128}));
  ASSERT_EQ(plan.scales.inputs.size(), 1);
  EXPECT_EQ(plan.scales.inputs.at({1, 0}), Int8Scale({-1, 1}));
}

TEST(AssignScalesTest, OfTwoReadersTheFirstWins) {
  Net net;
  const int x = net.Input({-1, 1});
  const int v = net.Input({-2, 2});
  const int w = net.Input({-3, 3});
  const int a = net.Op(BuiltinOp::kConcatenation, {x, v}, {-2, 2}, ConcatenationOptions{});
  const int b = net.Op(BuiltinOp::kConcatenation, {x, w}, {-3, 3}, ConcatenationOptions{});
  net.Output(a);
  net.Output(b);
  const IntegerPlan plan = net.Plan();
  EXPECT_EQ(Scale(plan, x), Int8Scale({-2, 2}));
  ASSERT_EQ(plan.scales.inputs.size(), 1);
  EXPECT_EQ(plan.scales.inputs.at({1, 0}), Int8Scale({-3, 3}));
}

// MINIMUM(x, 0) with another reader of x: x keeps what is above 0.
TEST(AssignScalesTest, NarrowRangeDoesNotReachOtherReaders) {
  Net net;
  const int x = net.Input({-1, 3});
  const int c = net.Constant({0, 0, 0, 0});
  const int low = net.Op(BuiltinOp::kMinimum, {x, c}, {-1, 0});
  const int high = net.Op(BuiltinOp::kRelu, {x}, {0, 3});
  net.Output(low);
  net.Output(high);
  const IntegerPlan plan = net.Plan();
  EXPECT_EQ(Scale(plan, x), Int8Scale({-1, 3}));
  EXPECT_EQ(plan.scales.inputs.at({0, 0}), Int8Scale({-1, 0}));
  EXPECT_EQ(plan.scales.inputs.at({0, 1}), Int8Scale({-1, 0}));  // the constant
  ASSERT_EQ(plan.deviations.size(), 1);
  EXPECT_EQ(plan.deviations[0].rule, "narrowed-reader");
  EXPECT_EQ(plan.deviations[0].tensor, "in");
}

TEST(AssignScalesTest, NarrowRangeWithoutOtherReadersGoesBack) {
  Net net;
  const int x = net.Input({-1, 3});
  const int c = net.Constant({0, 0, 0, 0});
  const int low = net.Op(BuiltinOp::kMinimum, {x, c}, {-1, 0});
  net.Output(low);
  EXPECT_EQ(Scale(net.Plan(), x), Int8Scale({-1, 0}));
}

TEST(AssignScalesTest, Int16RequantizesInputsThatDiffer) {
  Net net;
  const int x = net.Input({-1, 1});
  const int w = net.Input({-2, 2});
  const int y = net.Op(BuiltinOp::kConcatenation, {x, w}, {-2, 2}, ConcatenationOptions{});
  net.Output(y);
  const IntegerPlan plan = net.Plan(QuantizationMode::kInt16x8);
  EXPECT_EQ(Scale(plan, x), Int16Scale({-1, 1}));
  ASSERT_EQ(plan.scales.inputs.size(), 1);
  EXPECT_EQ(plan.scales.inputs.at({0, 0}), Int16Scale({-2, 2}));
}

TEST(ChooseIntegerOperatorsTest, MovementBetweenFloatsStaysFloat) {
  Net net;
  const int x = net.Input({-1, 1});
  const int a = net.Op(BuiltinOp::kSin, {x}, {-1, 1});
  const int r = net.Op(BuiltinOp::kReshape, {a}, {-1, 1});
  const int y = net.Op(BuiltinOp::kCos, {r}, {-1, 1});
  net.Output(y);
  const IntegerPlan plan = net.Plan();
  EXPECT_FALSE(plan.choices[0].integer);
  EXPECT_EQ(plan.choices[0].reason, "no int8 kernel for SIN");
  EXPECT_EQ(plan.choices[1].reason, "between operators that stay float");
  ASSERT_EQ(plan.deviations.size(), 1);
  EXPECT_EQ(plan.deviations[0].rule, "float-island");
}

TEST(ChooseIntegerOperatorsTest, MovementBesideAnIntegerIsOne) {
  Net net;
  const int x = net.Input({-1, 1});
  const int a = net.Op(BuiltinOp::kAbs, {x}, {0, 1});
  const int r = net.Op(BuiltinOp::kReshape, {a}, {0, 1});
  const int y = net.Op(BuiltinOp::kCos, {r}, {-1, 1});
  net.Output(y);
  EXPECT_TRUE(net.Plan().choices[1].integer);
}

TEST(PlanIntegerTest, RangesAreChecked) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {4});
  const int y = b.Tensor("y", DataType::kFloat32, {4});
  b.Op(BuiltinOp::kAbs, 1, {x}, {y});
  b.Output(y);
  const std::string bytes = b.Build();
  const auto model = ReadModel(bytes);
  ASSERT_TRUE(model.ok());
  const QuantizeOptions options{.mode = QuantizationMode::kFullInteger};
  const auto message = [&](const TensorRanges& ranges) {
    const auto plan = PlanInteger(**model, ranges, options);
    EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(plan.status().message());
  };
  EXPECT_EQ(message({ValueRange{0, 1}, absl::nullopt}),
            "subgraph 0, tensor 1 'y': no sample gave it a value");
  EXPECT_NE(message({ValueRange{-3e38f, 3e38f}, ValueRange{0, 1}}).find("tensor 0 'x': its range"),
            std::string::npos);
}

}  // namespace
}  // namespace octet
