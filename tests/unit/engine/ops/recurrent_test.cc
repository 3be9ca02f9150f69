// UNIDIRECTIONAL_SEQUENCE_RNN, UNIDIRECTIONAL_SEQUENCE_LSTM and BIDIRECTIONAL_SEQUENCE_LSTM on
// floats: their state, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

constexpr auto kFloat = DataType::kFloat32;
constexpr int kAbsent = kAbsentTensor;

// Alters an operator before it is added.
template <typename Options>
using Change = std::function<void(ModelBuilder& b, std::vector<int>& inputs, Options& options)>;

// h = x + h, two rows in a batch, time first: running sums.
std::string RunningSums(int steps, const Change<SequenceRnnOptions>& change = {}) {
  ModelBuilder b;
  SequenceRnnOptions options;
  options.time_major = true;
  std::vector<int> inputs = {b.Input("x", kFloat, {steps, 2, 1}),
                             b.Constant<float>("w", {1, 1}, {1}),
                             b.Constant<float>("r", {1, 1}, {1}), b.Constant<float>("b", {1}, {0}),
                             b.Variable("h", kFloat, {2, 1})};
  if (change) change(b, inputs, options);
  const int y = b.Tensor("y", kFloat, {steps, 2, 1});
  b.Op(BuiltinOp::kUnidirectionalSequenceRnn, 3, inputs, {y}, options);
  b.Output(y);
  return b.Build();
}

// The 17 constants of a direction with one unit, no peephole and no projection.
void AddDirection(ModelBuilder& b, std::vector<int>& inputs) {
  for (float w : {0.5f, -1.0f, 0.75f, 0.25f}) {
    inputs.push_back(b.Constant<float>("w", {1, 1}, {w}));
  }
  for (float r : {1.0f, 0.5f, -0.5f, 0.75f}) {
    inputs.push_back(b.Constant<float>("r", {1, 1}, {r}));
  }
  inputs.insert(inputs.end(), 3, kAbsent);
  for (float bias : {0.125f, 1.0f, -0.25f, 0.5f}) {
    inputs.push_back(b.Constant<float>("b", {1}, {bias}));
  }
  inputs.insert(inputs.end(), 2, kAbsent);
}

std::string Lstm(int steps, const Change<SequenceLstmOptions>& change = {}) {
  ModelBuilder b;
  SequenceLstmOptions options;
  options.activation = Activation::kTanh;
  std::vector<int> inputs = {b.Input("x", kFloat, {1, steps, 1})};
  AddDirection(b, inputs);
  for (const char* state : {"h", "c"}) inputs.push_back(b.Variable(state, kFloat, {1, 1}));
  if (change) change(b, inputs, options);
  const int y = b.Tensor("y", kFloat, {1, steps, 1});
  b.Op(BuiltinOp::kUnidirectionalSequenceLstm, 3, inputs, {y}, options);
  b.Output(y);
  return b.Build();
}

std::string Bidirectional(int steps, const Change<SequenceLstmOptions>& change = {}) {
  ModelBuilder b;
  SequenceLstmOptions options;
  options.activation = Activation::kTanh;
  std::vector<int> inputs = {b.Input("x", kFloat, {1, steps, 1})};
  AddDirection(b, inputs);
  AddDirection(b, inputs);
  for (int k = 0; k < 4; ++k) inputs.push_back(b.Variable("state", kFloat, {1, 1}));
  inputs.insert(inputs.end(), 9, kAbsent);
  if (change) change(b, inputs, options);
  std::vector<int> outputs;
  for (const char* name : {"y", "z"}) outputs.push_back(b.Tensor(name, kFloat, {1, steps, 1}));
  b.Op(BuiltinOp::kBidirectionalSequenceLstm, 3, inputs, outputs, options);
  for (int output : outputs) b.Output(output);
  return b.Build();
}

std::unique_ptr<ExecutionContext> Start(const std::string& file) {
  auto compiled = CompileBytes(file);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  if (!compiled.ok()) return nullptr;
  auto context = ExecutionContext::Create(*compiled);
  EXPECT_TRUE(context.ok()) << context.status();
  return context.ok() ? *std::move(context) : nullptr;
}

std::vector<float> Answer(ExecutionContext& context, const std::vector<float>& x, int output = 0) {
  const Bytes bytes = ToBytes(x);
  EXPECT_EQ(context.input(0).size(), bytes.size());
  std::memcpy(context.input(0).data(), bytes.data(), bytes.size());
  EXPECT_TRUE(context.Run().ok());
  return FromBytes<float>(Bytes(context.output(output).begin(), context.output(output).end()));
}

TEST(RnnTest, StateLastsUntilItIsReset) {
  const auto context = Start(RunningSums(2));
  ASSERT_NE(context, nullptr);
  EXPECT_THAT(Answer(*context, {1, 10, 2, 20}), ElementsAre(1, 10, 3, 30));
  EXPECT_THAT(Answer(*context, {3, 30, 4, 40}), ElementsAre(6, 60, 10, 100));
  context->ResetState();
  EXPECT_THAT(Answer(*context, {1, 10, 2, 20}), ElementsAre(1, 10, 3, 30));
}

TEST(RnnTest, ARowDoesNotSeeItsNeighbour) {
  const auto context = Start(RunningSums(1));
  ASSERT_NE(context, nullptr);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float sum : {1.0f, 2.0f}) {
    const std::vector<float> y = Answer(*context, {nan, 1});
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_EQ(y[1], sum);
  }
}

// A row of zeros adds nothing, and one that is not finite harms itself alone.
TEST(RnnTest, HybridRowsAreQuantizedEachForItself) {
  const auto context = Start(RunningSums(1, [](ModelBuilder& b, std::vector<int>& inputs, auto&) {
    inputs[1] = b.Constant<int8_t>("w", {1, 1}, {127}, Quant(0.5f, 0));
    inputs[2] = b.Constant<int8_t>("r", {1, 1}, {2}, Quant(0.5f, 0));
  }));
  ASSERT_NE(context, nullptr);
  EXPECT_THAT(Answer(*context, {0, 2}), ElementsAre(0, 127));
  EXPECT_THAT(Answer(*context, {std::numeric_limits<float>::infinity(), 0})[1], 127);
}

TEST(RnnTest, AModelWithStateIsNotBatched) {
  const auto model = CompileBytes(RunningSums(1));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_FALSE((*model)->description().batchable);
  EXPECT_TRUE((*model)->description().stateful);
}

TEST(RnnTest, WhatIsRefused) {
  const auto message = [](const Change<SequenceRnnOptions>& change) {
    return std::string(CompileError(RunningSums(1, change)).message());
  };
  EXPECT_THAT(message([](auto&, auto&, auto& options) { options.activation = Activation::kRelu6; }),
              HasSubstr("a fused activation other than NONE, RELU and TANH"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[4] = b.Input("h", kFloat, {2, 1});
              }),
              HasSubstr("state 'h' must be a variable tensor"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[4] = b.Variable("h", kFloat, {1, 2});
              }),
              HasSubstr("a state has shape [1,2]; [2,1] is needed"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[1] = b.template Constant<float>("w", {1, 2}, {1, 1});
              }),
              HasSubstr("three dimensions are needed, the last of them 2"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[2] = b.template Constant<float>("r", {2, 1}, {1, 1});
              }),
              HasSubstr("weights 'r' have shape [2,1]; [1,1]"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[3] = b.template Constant<float>("b", {2}, {1, 1});
              }),
              HasSubstr("bias 'b' has 2 elements"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[1] = b.template Constant<int8_t>("w", {1, 1}, {1}, Quant(0.5f, 3));
                inputs[2] = b.template Constant<int8_t>("r", {1, 1}, {1}, Quant(0.5f, 0));
              }),
              HasSubstr("'w'"));
}

TEST(LstmTest, TwoRunsOfOneStepAreOneOfTwo) {
  const auto steps = Start(Lstm(2));
  const auto runs = Start(Lstm(1));
  ASSERT_TRUE(steps != nullptr && runs != nullptr);
  const std::vector<float> y = Answer(*steps, {0.5f, -2});
  EXPECT_THAT(Answer(*runs, {0.5f}), ElementsAre(y[0]));
  EXPECT_THAT(Answer(*runs, {-2}), ElementsAre(y[1]));
}

// c = sigmoid(i)·tanh(g), h = sigmoid(o)·tanh(c), from a state of zeros.
TEST(LstmTest, OneStep) {
  const auto context = Start(Lstm(1));
  ASSERT_NE(context, nullptr);
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  const double c = sigmoid(0.5 * 2 + 0.125) * std::tanh(0.75 * 2 - 0.25);
  const double h = sigmoid(0.25 * 2 + 0.5) * std::tanh(c);
  EXPECT_NEAR(Answer(*context, {2})[0], h, 1e-6);
}

TEST(LstmTest, TheBackwardDirectionIsTheForwardOneOfTheReversedInput) {
  const std::string file = Bidirectional(3);
  const auto first = Start(file);
  const auto second = Start(file);
  ASSERT_TRUE(first != nullptr && second != nullptr);
  std::vector<float> forward = Answer(*first, {0.5f, -2, 3}, 0);
  std::reverse(forward.begin(), forward.end());
  EXPECT_THAT(Answer(*second, {3, -2, 0.5f}, 1), ElementsAreArray(forward));
}

TEST(LstmTest, WhatIsRefused) {
  const auto message = [](const Change<SequenceLstmOptions>& change) {
    return std::string(CompileError(Lstm(1, change)).message());
  };
  EXPECT_THAT(message([](auto&, auto&, auto& options) { options.activation = Activation::kRelu; }),
              HasSubstr("a fused activation other than TANH"));
  EXPECT_THAT(message([](auto&, auto& inputs, auto&) { inputs[5] = kAbsent; }),
              HasSubstr("gate 0 has no recurrent weights"));
  EXPECT_THAT(message([](auto&, auto& inputs, auto&) { inputs[12] = kAbsent; }),
              HasSubstr("gate 0 has no bias"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[11] = b.template Constant<float>("p", {1}, {1});
              }),
              HasSubstr("gate 0 has no peephole weights"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[2] = b.template Constant<float>("w", {1, 2}, {1, 1});
              }),
              HasSubstr("weights 'w' have shape [1,2]; [1,1]"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[17] = b.template Constant<float>("b", {1}, {1});
              }),
              HasSubstr("a projection bias without a projection"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[19] = b.Input("c", kFloat, {1, 1});
              }),
              HasSubstr("state 'c' must be a variable tensor"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[18] = b.Variable("h", kFloat, {2, 1});
              }),
              HasSubstr("a state has shape [2,1]; [1,1] is needed"));
}

TEST(LstmTest, WhatIsRefusedInBothDirections) {
  const auto message = [](const Change<SequenceLstmOptions>& change) {
    return std::string(CompileError(Bidirectional(1, change)).message());
  };
  EXPECT_THAT(message([](auto&, auto&, auto& options) { options.merge_outputs = true; }),
              HasSubstr("it has 2 outputs; merge_outputs asks for 1"));
  EXPECT_THAT(message([](auto&, auto& inputs, auto&) { inputs[39] = inputs[0]; }),
              HasSubstr("an auxiliary input"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                inputs[38] = b.Input("s", kFloat, {1, 1});
              }),
              HasSubstr("state 's' must be a variable tensor"));
  EXPECT_THAT(message([](auto& b, auto& inputs, auto&) {
                for (int k = 18; k < 22; ++k) {
                  inputs[k] = b.template Constant<float>("w", {1, 2}, {1, 1});
                }
              }),
              HasSubstr("weights for 1 and 2 values of one input"));
}

}  // namespace
}  // namespace octet::testing
