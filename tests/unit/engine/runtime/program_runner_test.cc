#include "engine/runtime/program_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using testing::ModelBuilder;
using testing::Quant;

std::shared_ptr<const CompiledProgram> Compile(const ModelBuilder& builder, int threads = 1,
                                               size_t max_arena_bytes = 1 << 20) {
  auto model = ReadModel(builder.Build());
  EXPECT_TRUE(model.ok()) << model.status();
  RuntimeOptions options;
  options.graph.isas = *AllowedIsas("scalar");
  options.max_arena_bytes = max_arena_bytes;
  if (threads > 1) options.pool = std::make_shared<ThreadPool>(threads);
  auto compiled = CompiledProgram::Compile(*model, options);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return *compiled;
}

void Feed(ProgramRunner& runner, int i, const std::vector<float>& values) {
  ASSERT_EQ(runner.input(i).size(), values.size() * sizeof(float));
  std::memcpy(runner.input(i).data(), values.data(), runner.input(i).size());
}

std::vector<float> Answer(const ProgramRunner& runner, int i) {
  std::vector<float> values(runner.output(i).size() / sizeof(float));
  std::memcpy(values.data(), runner.output(i).data(), runner.output(i).size());
  return values;
}

// sum = left + right; twice = sum + sum; both are outputs.
ModelBuilder SumAndTwice() {
  ModelBuilder b;
  const int left = b.Input("left", DataType::kFloat32, {1, 2});
  const int right = b.Input("right", DataType::kFloat32, {1, 2});
  const int sum = b.Tensor("sum", DataType::kFloat32, {1, 2});
  const int twice = b.Tensor("twice", DataType::kFloat32, {1, 2});
  b.Op(BuiltinOp::kAdd, 1, {left, right}, {sum}, AddOptions{});
  b.Op(BuiltinOp::kAdd, 1, {sum, sum}, {twice}, AddOptions{});
  b.Output(sum);
  b.Output(twice);
  return b;
}

// Keeps what it is told, as text.
class StepLog final : public StepObserver {
 public:
  void StepBegins(const GraphStep& step) override {
    lines_.push_back(absl::StrCat("begin ", BuiltinOpName(step.kind), " ", step.op_index));
  }
  void StepEnds(const GraphStep& step, absl::Span<const Shape> inputs,
                absl::Span<const Shape> outputs) override {
    lines_.push_back(absl::StrCat("end ", BuiltinOpName(step.kind), " ", step.op_index, " ",
                                  inputs[0].ToString(), " ", outputs[0].ToString()));
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

TEST(ProgramRunnerTest, AnObserverSeesEachStepInOrder) {
  const auto compiled = Compile(SumAndTwice());
  StepLog log;
  ProgramRunner runner(*compiled, &log);
  ASSERT_TRUE(runner.SetRows(3).ok());
  EXPECT_THAT(log.lines(), ElementsAre());
  ASSERT_TRUE(runner.Run().ok());
  EXPECT_THAT(log.lines(), ElementsAre("begin ADD 0", "end ADD 0 [3,2] [3,2]", "begin ADD 1",
                                       "end ADD 1 [3,2] [3,2]"));
}

// Runs SumAndTwice at several sizes, one after the other.
void ExpectSums(ProgramRunner& runner) {
  for (int rows : {1, 4, 2, 2, 16, 3, 15, 1}) {
    ASSERT_TRUE(runner.SetRows(rows).ok());
    EXPECT_EQ(runner.rows(), rows);
    EXPECT_EQ(runner.input_shape(1), (Shape{rows, 2}));
    EXPECT_EQ(runner.output_shape(0), (Shape{rows, 2}));
    std::vector<float> left(2 * rows);
    std::vector<float> right(2 * rows);
    std::vector<float> sum(2 * rows);
    std::vector<float> twice(2 * rows);
    for (int i = 0; i < 2 * rows; ++i) {
      left[i] = static_cast<float>(i);
      right[i] = static_cast<float>(100 * rows);
      sum[i] = left[i] + right[i];
      twice[i] = 2 * sum[i];
    }
    Feed(runner, 0, left);
    Feed(runner, 1, right);
    ASSERT_TRUE(runner.Run().ok());
    EXPECT_EQ(Answer(runner, 0), sum);
    EXPECT_EQ(Answer(runner, 1), twice);
  }
}

TEST(ProgramRunnerTest, RunsAgainAndAgainAtAnySize) {
  for (int threads : {1, 2, 3}) {
    const auto compiled = Compile(SumAndTwice(), threads);
    ProgramRunner runner(*compiled);
    EXPECT_EQ(runner.rows(), 0);
    ExpectSums(runner);
  }
}

// Parts need memory for each thread and for the batch's inputs and outputs.
TEST(ProgramRunnerTest, WhereMemoryIsScarceABatchRunsAsAWhole) {
  const auto ample = Compile(SumAndTwice());
  const size_t whole = (*ample->PlanFor(16))->arena_bytes;
  const auto compiled = Compile(SumAndTwice(), 2, whole);
  ProgramRunner runner(*compiled);
  ExpectSums(runner);
}

TEST(ProgramRunnerTest, RowsOutOfRangeChangeNothing) {
  const auto compiled = Compile(SumAndTwice());
  ProgramRunner runner(*compiled);
  ASSERT_TRUE(runner.SetRows(2).ok());
  EXPECT_FALSE(runner.SetRows(0).ok());
  EXPECT_FALSE(runner.SetRows(-3).ok());
  EXPECT_EQ(runner.rows(), 2);
}

TEST(ProgramRunnerTest, InputsAndConstantsMayBeOutputs) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2});
  const int codes = b.Constant<int8_t>("codes", {2}, {4, 6}, Quant(0.5f, 0));
  const int real = b.Tensor("real", DataType::kFloat32, {2});
  b.Op(BuiltinOp::kDequantize, 1, {codes}, {real});
  b.Output(x);
  b.Output(real);
  b.Output(b.Constant<float>("plain", {1}, {7}));
  const auto compiled = Compile(b);
  ProgramRunner runner(*compiled);
  ASSERT_TRUE(runner.SetRows(1).ok());
  Feed(runner, 0, {8, 9});
  ASSERT_TRUE(runner.Run().ok());
  EXPECT_THAT(Answer(runner, 0), ElementsAre(8, 9));
  EXPECT_THAT(Answer(runner, 1), ElementsAre(2, 3));
  EXPECT_THAT(Answer(runner, 2), ElementsAre(7));
}

TEST(ProgramRunnerTest, EmptyTensorsRun) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {0, 2});
  const int y = b.Tensor("y", DataType::kFloat32, {0, 2});
  b.Op(BuiltinOp::kAdd, 1, {x, x}, {y}, AddOptions{});
  b.Output(y);
  const auto compiled = Compile(b);
  ProgramRunner runner(*compiled);
  ASSERT_TRUE(runner.SetRows(1).ok());
  ASSERT_TRUE(runner.Run().ok());
  EXPECT_EQ(runner.output(0).size(), 0u);
  EXPECT_EQ(runner.output_shape(0), (Shape{0, 2}));
}

TEST(ProgramRunnerTest, RunnersOfOneGraphAreIndependent) {
  const auto compiled = Compile(SumAndTwice());
  ProgramRunner one(*compiled);
  ProgramRunner two(*compiled);
  ASSERT_TRUE(one.SetRows(1).ok());
  ASSERT_TRUE(two.SetRows(1).ok());
  Feed(one, 0, {1, 2});
  Feed(two, 0, {10, 20});
  Feed(one, 1, {0, 0});
  Feed(two, 1, {0, 0});
  ASSERT_TRUE(one.Run().ok());
  ASSERT_TRUE(two.Run().ok());
  EXPECT_THAT(Answer(one, 0), ElementsAre(1, 2));
  EXPECT_THAT(Answer(two, 0), ElementsAre(10, 20));
}

}  // namespace
}  // namespace octet
