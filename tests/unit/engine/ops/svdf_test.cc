// SVDF: a memory that fills run by run, and what is refused. Arithmetic: tests/data/ops/SVDF.json.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kFloat = DataType::kFloat32;
constexpr auto kS8 = DataType::kInt8;
constexpr auto kS16 = DataType::kInt16;

struct SvdfModel {
  int32_t rows = 1;
  int32_t memory_rows = 1;
  int32_t memory_columns = 3;
  int32_t time_rows = 1;
  bool is_variable = true;
  SvdfOptions options{.rank = 1};

  // One filter of one feature over three runs.
  std::string Build() const {
    ModelBuilder b;
    const int x = b.Input("x", kFloat, {rows, 1});
    const int feature = b.Constant<float>("feature", {1, 1}, {1});
    std::vector<float> weights;
    for (int32_t i = 0; i < time_rows; ++i) weights.insert(weights.end(), {1, 10, 100});
    const int time = b.Constant<float>("time", {time_rows, 3}, weights);
    const std::vector<int32_t> shape = {memory_rows, memory_columns};
    const int memory =
        is_variable ? b.Variable("memory", kFloat, shape) : b.Input("memory", kFloat, shape);
    const int y = b.Tensor("y", kFloat, {rows, 1});
    b.Op(BuiltinOp::kSvdf, 1, {x, feature, time, kAbsentTensor, memory}, {y}, options);
    b.Output(y);
    return b.Build();
  }
};

// One filter of two features over two runs.
std::string Int8Model(float memory_scale, int64_t memory_zero_point) {
  ModelBuilder b;
  const int x = b.Input("x", kS8, {1, 2}, Quant(0.5f, -3));
  const int feature = b.Constant<int8_t>("feature", {1, 2}, {8, -3}, Quant(0.25f, 0));
  const int time = b.Constant<int16_t>("time", {1, 2}, {512, 1024}, Quant(0x1p-10f, 0));
  const int memory = b.Variable("memory", kS16, {1, 2}, Quant(memory_scale, memory_zero_point));
  const int y = b.Tensor("y", kS8, {1, 1}, Quant(0.5f, 5));
  b.Op(BuiltinOp::kSvdf, 3, {x, feature, time, kAbsentTensor, memory}, {y},
       SvdfOptions{.rank = 1, .activation = Activation::kRelu});
  b.Output(y);
  return b.Build();
}

std::unique_ptr<ExecutionContext> Start(const std::string& file) {
  auto model = CompileBytes(file);
  EXPECT_TRUE(model.ok()) << model.status();
  if (!model.ok()) return nullptr;
  EXPECT_TRUE((*model)->description().stateful);
  EXPECT_FALSE((*model)->description().batchable);
  auto context = ExecutionContext::Create(*model);
  EXPECT_TRUE(context.ok()) << context.status();
  return context.ok() ? *std::move(context) : nullptr;
}

template <typename T>
std::vector<T> Answer(ExecutionContext& context, const std::vector<T>& x) {
  const Bytes bytes = ToBytes(x);
  EXPECT_EQ(context.input(0).size(), bytes.size());
  std::memcpy(context.input(0).data(), bytes.data(), bytes.size());
  const absl::Status status = context.Run();
  EXPECT_TRUE(status.ok()) << status;
  return FromBytes<T>(Bytes(context.output(0).begin(), context.output(0).end()));
}

// The worked examples of NUMERICS.md.
TEST(SvdfTest, RemembersRunsUntilTheStateIsReset) {
  const auto context = Start(SvdfModel().Build());
  ASSERT_NE(context, nullptr);
  EXPECT_THAT(Answer<float>(*context, {1}), ElementsAre(100));
  EXPECT_THAT(Answer<float>(*context, {2}), ElementsAre(210));
  EXPECT_THAT(Answer<float>(*context, {3}), ElementsAre(321));
  EXPECT_THAT(Answer<float>(*context, {4}), ElementsAre(432));
  context->ResetState();
  EXPECT_THAT(Answer<float>(*context, {1}), ElementsAre(100));
}

TEST(SvdfTest, RemembersCodes) {
  const auto context = Start(Int8Model(0x1p-7f, 0));
  ASSERT_NE(context, nullptr);
  EXPECT_THAT(Answer<int8_t>(*context, {43, -16}), ElementsAre(107));
  EXPECT_THAT(Answer<int8_t>(*context, {-2, -3}), ElementsAre(58));
  EXPECT_THAT(Answer<int8_t>(*context, {-3, -3}), ElementsAre(6));
  EXPECT_THAT(Answer<int8_t>(*context, {-3, -3}), ElementsAre(5));
  context->ResetState();
  EXPECT_THAT(Answer<int8_t>(*context, {43, -16}), ElementsAre(107));
}

TEST(SvdfTest, EveryRowHasItsOwnMemory) {
  SvdfModel model;
  model.rows = model.memory_rows = 2;
  const auto context = Start(model.Build());
  ASSERT_NE(context, nullptr);
  EXPECT_THAT(Answer<float>(*context, {1, 5}), ElementsAre(100, 500));
  EXPECT_THAT(Answer<float>(*context, {2, 0}), ElementsAre(210, 50));
}

TEST(SvdfTest, NoRowsGiveNothing) {
  SvdfModel model;
  model.rows = model.memory_rows = 0;
  EXPECT_TRUE((RunValues<float, float>(model.Build(), {{}})).empty());
}

TEST(SvdfTest, MemoryIsAVariableOfOneRowForEachOfTheInput) {
  SvdfModel rows;
  rows.memory_rows = 2;
  EXPECT_THAT(CompileError(rows.Build()).message(), HasSubstr("a state has shape [2,3]"));
  SvdfModel columns;
  columns.memory_columns = 4;
  EXPECT_THAT(CompileError(columns.Build()).message(), HasSubstr("a state has shape [1,4]"));
  SvdfModel input;
  input.is_variable = false;
  EXPECT_THAT(CompileError(input.Build()).message(),
              HasSubstr("state 'memory' must be a variable tensor"));
}

TEST(SvdfTest, RefusesWhatDoesNotFit) {
  for (const int32_t rank : {0, -1, 2}) {
    SvdfModel model;
    model.options.rank = rank;
    EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("does not divide 1 filters"));
  }
  SvdfModel time;
  time.time_rows = 2;
  EXPECT_THAT(CompileError(time.Build()).message(), HasSubstr("weights 'time' have shape [2,3]"));
  SvdfModel activation;
  activation.options.activation = Activation::kTanh;
  EXPECT_THAT(CompileError(activation.Build()).message(), HasSubstr("fused activation TANH"));
}

TEST(SvdfTest, RefusesScalesWithoutAMultiplier) {
  EXPECT_THAT(CompileError(Int8Model(1e-20f, 0)).message(),
              HasSubstr("the scales around tensor 'memory' have the ratio"));
  EXPECT_THAT(CompileError(Int8Model(0.1f, 3)).message(), HasSubstr("has zero point 3"));
}

}  // namespace
}  // namespace octet::testing
