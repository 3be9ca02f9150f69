// UNIDIRECTIONAL_SEQUENCE_LSTM on int8 codes: its state, and what is refused. Arithmetic:
// tests/data/ops/UNIDIRECTIONAL_SEQUENCE_LSTM.json.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"
#include "tflite_generated.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kS8 = DataType::kInt8;
constexpr auto kS16 = DataType::kInt16;

// One unit that depends on its input and, in the input gate, on its own output: NUMERICS.md's
// worked example.
struct LstmModel {
  int32_t steps = 1;
  int32_t batch = 1;
  int32_t state_batch = 1;
  bool is_variable = true;
  float cell_scale = 0x1p-11f;
  float recurrent_scale = 0x1p-5f;
  float inner_scale = 0x1p-7f;
  int intermediates = 5;
  SequenceLstmOptions options{.activation = Activation::kTanh};

  std::string Build() const {
    ModelBuilder b;
    const Quant hidden(0x1p-7f, -11);
    std::vector<int32_t> inputs = {b.Input("x", kS8, {batch, steps, 1}, Quant(0x1p-5f, 3))};
    for (const int8_t w : {0, 0, 96, 0}) {
      inputs.push_back(b.Constant<int8_t>("weights", {1, 1}, {w}, Quant(0x1p-7f, 0)));
    }
    for (const int8_t r : {64, 0, 0, 0}) {
      inputs.push_back(b.Constant<int8_t>("recurrent", {1, 1}, {r}, Quant(recurrent_scale, 0)));
    }
    inputs.insert(inputs.end(), 3, kAbsentTensor);
    for (const int32_t bias : {0, 0, 4000, 0}) {
      inputs.push_back(b.Constant<int32_t>("bias", {1}, {bias}, Quant(0x1p-12f, 0)));
    }
    inputs.insert(inputs.end(), 2, kAbsentTensor);
    const std::vector<int32_t> state = {state_batch, 1};
    inputs.push_back(is_variable ? b.Variable("hidden", kS8, state, hidden)
                                 : b.Input("hidden", kS8, state, hidden));
    inputs.push_back(b.Variable("cell", kS16, state, Quant(cell_scale, 0)));
    const int y = b.Tensor("y", kS8, {batch, steps, 1}, hidden);
    b.Op(BuiltinOp::kUnidirectionalSequenceLstm, 2, inputs, {y}, options);
    b.Output(y);
    auto& inner = b.raw().subgraphs[0]->operators[0]->intermediates;
    for (int i = 0; i < intermediates; ++i) {
      inner.push_back(i < 4 ? b.Tensor("gate", kS16, {1}, Quant(0x1p-12f, 0))
                            : b.Tensor("inner", kS8, {1}, Quant(inner_scale, -11)));
    }
    return b.Build();
  }
};

std::vector<int8_t> Answer(ExecutionContext& context, const std::vector<int8_t>& x) {
  const Bytes bytes = ToBytes(x);
  EXPECT_EQ(context.input(0).size(), bytes.size());
  std::memcpy(context.input(0).data(), bytes.data(), bytes.size());
  const absl::Status status = context.Run();
  EXPECT_TRUE(status.ok()) << status;
  return FromBytes<int8_t>(Bytes(context.output(0).begin(), context.output(0).end()));
}

// The worked example, as one sequence, and run by run.
TEST(Int8LstmTest, StepsFollowOneAnother) {
  LstmModel model;
  model.steps = 2;
  EXPECT_THAT((RunValues<int8_t, int8_t>(model.Build(), {{4, 4}})), ElementsAre(12, 25));
}

TEST(Int8LstmTest, TheHiddenStateIsAtItsZeroPointUntilARunAndAfterAReset) {
  const auto model = CompileBytes(LstmModel().Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE((*model)->description().stateful);
  EXPECT_FALSE((*model)->description().batchable);
  auto context = ExecutionContext::Create(*model);
  ASSERT_TRUE(context.ok()) << context.status();
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(Answer(**context, {4}), ElementsAre(12));
    EXPECT_THAT(Answer(**context, {4}), ElementsAre(25));
    (*context)->ResetState();
  }
}

TEST(Int8LstmTest, RowsDoNotMeet) {
  LstmModel model;
  model.batch = model.state_batch = 3;
  model.steps = 2;
  const auto rows = RunValues<int8_t, int8_t>(model.Build(), {{4, 4, -128, 127, 4, 4}});
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_THAT(std::vector<int8_t>(rows.begin(), rows.begin() + 2), ElementsAre(12, 25));
  EXPECT_THAT(std::vector<int8_t>(rows.begin() + 4, rows.end()), ElementsAre(12, 25));
}

TEST(Int8LstmTest, NothingGivesNothing) {
  LstmModel steps;
  steps.steps = 0;
  EXPECT_TRUE((RunValues<int8_t, int8_t>(steps.Build(), {{}})).empty());
  LstmModel rows;
  rows.batch = rows.state_batch = 0;
  EXPECT_TRUE((RunValues<int8_t, int8_t>(rows.Build(), {{}})).empty());
}

TEST(Int8LstmTest, RefusesStatesThatDoNotFit) {
  LstmModel rows;
  rows.state_batch = 2;
  EXPECT_THAT(CompileError(rows.Build()).message(), HasSubstr("a state has shape [2,1]"));
  LstmModel input;
  input.is_variable = false;
  EXPECT_THAT(CompileError(input.Build()).message(),
              HasSubstr("state 'hidden' must be a variable tensor"));
}

TEST(Int8LstmTest, RefusesWhatIsNotSupported) {
  LstmModel activation;
  activation.options.activation = Activation::kRelu;
  EXPECT_THAT(CompileError(activation.Build()).message(),
              HasSubstr("a fused activation other than TANH"));
  LstmModel clip;
  clip.options.proj_clip = 1;
  EXPECT_THAT(CompileError(clip.Build()).message(), HasSubstr("proj_clip"));
  for (const int count : {0, 4, 12}) {
    LstmModel model;
    model.intermediates = count;
    EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("intermediate tensors"));
  }
}

TEST(Int8LstmTest, RefusesScalesThatItsArithmeticLacks) {
  for (const float scale : {0.001f, 0x1p-8f, 0x1p-16f}) {
    LstmModel model;
    model.cell_scale = scale;
    EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("cell state 'cell' has scale"));
  }
  LstmModel inner;
  inner.inner_scale = 1e-30f;
  EXPECT_THAT(CompileError(inner.Build()).message(), HasSubstr("'inner' have the ratio"));
  LstmModel recurrent;
  recurrent.recurrent_scale = 1e20f;
  EXPECT_THAT(CompileError(recurrent.Build()).message(), HasSubstr("'recurrent' have the ratio"));
}

// A clip larger than any cell, one smaller than a code, and numbers that clip nothing.
TEST(Int8LstmTest, ClipsCells) {
  for (const float clip : {0.0f, -1.0f, 1e30f, std::nanf("")}) {
    LstmModel model;
    model.options.cell_clip = clip;
    EXPECT_THAT((RunValues<int8_t, int8_t>(model.Build(), {{4}})), ElementsAre(12)) << clip;
  }
  LstmModel model;
  model.options.cell_clip = 0.25f;
  // tanh(0.25) / 2 in units of 2^-7, from -11.
  EXPECT_THAT((RunValues<int8_t, int8_t>(model.Build(), {{4}})), ElementsAre(5));
}

}  // namespace
}  // namespace octet::testing
