// ARG_MAX, ARG_MIN, TOPK_V2, WHERE and NON_MAX_SUPPRESSION at their edges; recorded answers stand
// in tests/data/ops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Dims = std::vector<int32_t>;

constexpr auto kFloat = DataType::kFloat32;
constexpr auto kInt = DataType::kInt32;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

std::string Message(const absl::StatusOr<RunResult>& result) {
  return std::string(result.status().message());
}

template <typename T>
std::vector<T> Output(const absl::StatusOr<RunResult>& result, int i) {
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? FromBytes<T>(result->outputs[i]) : std::vector<T>();
}

// Float rows; the number is constant, or the second input where it is not given.
std::string TopK(const Dims& shape, const std::vector<int32_t>& k) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, shape);
  const int n = k.empty() ? b.Input("k", kInt, {}) : b.Constant<int32_t>("k", {}, k);
  const int values = b.Tensor("values", kFloat, shape);
  const int indices = b.Tensor("indices", kInt, shape);
  b.Op(BuiltinOp::kTopkV2, 1, {x, n}, {values, indices});
  b.Output(values);
  b.Output(indices);
  return b.Build();
}

TEST(TopKTest, NaNsComeLastAndEqualsInOrder) {
  const auto result =
      RunModel(TopK({1, 6}, {6}), {ToBytes<float>({kNan, 1, kNan, kInfinity, -kInfinity, 1})});
  EXPECT_THAT(Output<int32_t>(result, 1), ElementsAre(3, 1, 5, 4, 0, 2));
}

TEST(TopKTest, NumberOfTheRequest) {
  const std::string file = TopK({2, 3}, {});
  const Bytes x = ToBytes<float>({1, 2, 3, 6, 5, 4});
  const auto two = RunModel(file, {x, ToBytes<int32_t>({2})});
  EXPECT_THAT(Output<float>(two, 0), ElementsAre(3, 2, 6, 5));
  EXPECT_THAT(Output<int32_t>(two, 1), ElementsAre(2, 1, 0, 1));
  EXPECT_THAT(Output<float>(RunModel(file, {x, ToBytes<int32_t>({0})}), 0), IsEmpty());
  for (int32_t k : {4, -1, kMin, kMax}) {
    EXPECT_THAT(Message(RunModel(file, {x, ToBytes<int32_t>({k})})),
                HasSubstr(absl::StrCat("k ", k, " of rows of 3 elements")));
  }
}

TEST(TopKTest, RefusesConstantsThatDoNotFit) {
  EXPECT_THAT(CompileError(TopK({2, 3}, {4})).message(), HasSubstr("k 4 of rows of 3 elements"));
  EXPECT_THAT(CompileError(TopK({2, 3}, {kMin})).message(), HasSubstr("of rows of 3 elements"));
  EXPECT_THAT(CompileError(TopK({}, {1})).message(), HasSubstr("for an input of shape []"));
}

TEST(TopKTest, RowsOfABatchStandAlone) {
  RunOptions options;
  options.rows = 3;
  const auto result =
      RunModel(TopK({1, 2}, {1}), {ToBytes<float>({1, 2, 4, 3, kNan, -1})}, options);
  EXPECT_THAT(Output<float>(result, 0), ElementsAre(2, 4, -1));
  EXPECT_THAT(Output<int32_t>(result, 1), ElementsAre(1, 0, 1));
}

std::string ArgMax(BuiltinOp op, const Dims& shape, const std::vector<int32_t>& axis) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, shape);
  const int a = axis.empty() ? b.Input("axis", kInt, {}) : b.Constant<int32_t>("axis", {}, axis);
  const int y = b.Tensor("y", kInt, {shape.empty() ? 1 : shape[0]});
  b.Op(op, 1, {x, a}, {y});
  b.Output(y);
  return b.Build();
}

TEST(ArgExtremumTest, OnlyAFirstNaNIsTheAnswer) {
  const std::vector<std::vector<float>> x = {{kNan, 1, kInfinity, 1, kNan, -kInfinity}};
  const Dims shape{2, 3};
  EXPECT_THAT((RunValues<int32_t, float>(ArgMax(BuiltinOp::kArgMax, shape, {1}), x)),
              ElementsAre(0, 0));
  EXPECT_THAT((RunValues<int32_t, float>(ArgMax(BuiltinOp::kArgMin, shape, {-1}), x)),
              ElementsAre(0, 2));
}

TEST(ArgExtremumTest, AxisOfTheRequest) {
  const std::string file = ArgMax(BuiltinOp::kArgMax, {2, 2}, {});
  const Bytes x = ToBytes<float>({1, 2, 4, 3});
  EXPECT_THAT(Output<int32_t>(RunModel(file, {x, ToBytes<int32_t>({0})}), 0), ElementsAre(1, 1));
  EXPECT_THAT(Output<int32_t>(RunModel(file, {x, ToBytes<int32_t>({1})}), 0), ElementsAre(1, 0));
  for (int32_t axis : {2, -3, kMin, kMax}) {
    EXPECT_THAT(Message(RunModel(file, {x, ToBytes<int32_t>({axis})})),
                HasSubstr(absl::StrCat(axis)));
  }
}

TEST(ArgExtremumTest, RefusesConstantsThatDoNotFit) {
  for (int32_t axis : {2, -3, kMin, kMax}) {
    EXPECT_THAT(CompileError(ArgMax(BuiltinOp::kArgMax, {2, 2}, {axis})).message(),
                HasSubstr(absl::StrCat(axis)));
  }
  EXPECT_FALSE(CompileError(ArgMax(BuiltinOp::kArgMin, {}, {0})).ok());
}

TEST(ArgExtremumTest, IsBatchableUnlessItMaySearchTheBatch) {
  const auto batchable = [](const std::string& file) {
    const auto model = CompileBytes(file);
    EXPECT_TRUE(model.ok()) << model.status();
    return model.ok() && (*model)->description().batchable;
  };
  EXPECT_TRUE(batchable(ArgMax(BuiltinOp::kArgMax, {1, 3}, {1})));
  EXPECT_FALSE(batchable(ArgMax(BuiltinOp::kArgMax, {1, 3}, {0})));
  EXPECT_FALSE(batchable(ArgMax(BuiltinOp::kArgMax, {1, 3}, {})));
}

std::string Where(const Dims& shape) {
  ModelBuilder b;
  const int x = b.Input("x", kFloat, shape);
  const int y = b.Tensor("y", DataType::kInt64, {1, 2});
  b.Op(BuiltinOp::kWhere, 1, {x}, {y});
  b.Output(y);
  return b.Build();
}

TEST(WhereTest, NegativeZeroIsZeroAndNaNIsNot) {
  const auto result = RunModel(Where({2, 2}), {ToBytes<float>({-0.0f, kNan, -1, 0})});
  EXPECT_THAT(Output<int64_t>(result, 0), ElementsAre(0, 1, 1, 0));
}

TEST(WhereTest, MayFindNothing) {
  const auto result = RunModel(Where({2, 2}), {ToBytes<float>({0, 0, 0, 0})});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->shapes[0], (Shape{0, 2}));
}

TEST(WhereTest, RefusesAScalar) {
  EXPECT_THAT(CompileError(Where({})).message(), HasSubstr("a scalar has no coordinates"));
}

// NON_MAX_SUPPRESSION_V5.
struct Suppression {
  Dims boxes{3, 4};
  Dims scores{3};
  std::vector<int32_t> most{3};  // none: an input
  float iou = 0.5f;
  float score = 0;
  float sigma = 0;

  std::string Build() const {
    ModelBuilder b;
    const std::vector<int> inputs{
        b.Input("boxes", kFloat, boxes),
        b.Input("scores", kFloat, scores),
        most.empty() ? b.Input("most", kInt, {}) : b.Constant<int32_t>("most", {}, most),
        b.Constant<float>("iou", {}, {iou}),
        b.Constant<float>("threshold", {}, {score}),
        b.Constant<float>("sigma", {}, {sigma})};
    const std::vector<int> outputs{b.Tensor("indices", kInt, {3}), b.Tensor("kept", kFloat, {3}),
                                   b.Tensor("count", kInt, {})};
    b.Op(BuiltinOp::kNonMaxSuppressionV5, 1, inputs, outputs);
    for (int output : outputs) b.Output(output);
    return b.Build();
  }
};

// The first two overlap by 1/3, the last by nothing.
const std::vector<float>& Boxes() {
  static const auto* const boxes = new std::vector<float>{0, 0, 2, 2, 0, 1, 2, 3, 7, 7, 8, 8};
  return *boxes;
}

absl::StatusOr<RunResult> Suppress(const Suppression& model, const std::vector<float>& boxes,
                                   const std::vector<float>& scores) {
  return RunModel(model.Build(), {ToBytes(boxes), ToBytes(scores)});
}

// The worked example of NUMERICS.md.
TEST(NonMaxSuppressionTest, OverlapLowersAScore) {
  Suppression model;
  model.sigma = 0.5f;
  const auto result = Suppress(model, Boxes(), {0.5f, 0.75f, 0.25f});
  EXPECT_THAT(Output<int32_t>(result, 0), ElementsAre(1, 0, 2));
  EXPECT_THAT(Output<float>(result, 1),
              ElementsAre(0.75f, ::testing::FloatNear(0.44741966f, 1e-7f), 0.25f));
}

TEST(NonMaxSuppressionTest, EqualScoresByLowerIndexAndNaNsNever) {
  const Suppression model;
  const auto equal = Suppress(model, Boxes(), {0.5f, 0.5f, 0.5f});
  EXPECT_THAT(Output<int32_t>(equal, 0), ElementsAre(0, 1, 2));
  const auto nan = Suppress(model, Boxes(), {kNan, 0.5f, kInfinity});
  EXPECT_THAT(Output<int32_t>(nan, 0), ElementsAre(2, 1, 0));
  EXPECT_THAT(Output<float>(nan, 1), ElementsAre(kInfinity, 0.5f, 0));
  EXPECT_THAT(Output<int32_t>(nan, 2), ElementsAre(2));
}

TEST(NonMaxSuppressionTest, EndsWithBoxesThatAreNoNumbers) {
  for (float sigma : {0.0f, 0.5f, std::numeric_limits<float>::min(), kInfinity}) {
    Suppression model;
    model.sigma = sigma;
    for (float corner : {kNan, kInfinity, -kInfinity, std::numeric_limits<float>::max()}) {
      const auto result =
          Suppress(model, std::vector<float>(12, corner), {0.5f, kInfinity, -kInfinity});
      const auto count = Output<int32_t>(result, 2);
      ASSERT_THAT(count, ElementsAre(::testing::AllOf(::testing::Ge(1), ::testing::Le(2))));
      EXPECT_EQ(Output<int32_t>(result, 0)[0], 1);
    }
  }
}

TEST(NonMaxSuppressionTest, RefusesShapesThatDoNotFit) {
  Suppression scores;
  scores.scores = {4};
  EXPECT_THAT(CompileError(scores.Build()).message(),
              HasSubstr("boxes of shape [3,4] and scores of shape [4]"));
  Suppression boxes;
  boxes.boxes = {3, 5};
  EXPECT_THAT(CompileError(boxes.Build()).message(), HasSubstr("boxes of shape [3,5]"));
}

TEST(NonMaxSuppressionTest, RefusesThresholdsThatMakeNoSense) {
  for (float iou : {-0.5f, 1.5f, kNan}) {
    Suppression model;
    model.iou = iou;
    EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("is outside of [0, 1]"));
  }
  for (float sigma : {-1.0f, kNan}) {
    Suppression model;
    model.sigma = sigma;
    EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("soft_nms_sigma"));
  }
}

TEST(NonMaxSuppressionTest, LongOutputsAreHeldToTheMemoryLimit) {
  Suppression constant;
  constant.most = {kMax};
  EXPECT_EQ(CompileError(constant.Build()).code(), absl::StatusCode::kResourceExhausted);
  constant.most = {-1};
  EXPECT_THAT(CompileError(constant.Build()).message(), HasSubstr("max_output_size -1"));
  Suppression requested;
  requested.most = {};
  const auto run = [&](int32_t most) {
    return RunModel(requested.Build(), {ToBytes(Boxes()), ToBytes<float>({0.5f, 0.75f, 0.25f}),
                                        ToBytes<int32_t>({most})});
  };
  EXPECT_EQ(run(kMax).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Message(run(kMin)), HasSubstr("max_output_size"));
  EXPECT_THAT(Output<int32_t>(run(0), 2), ElementsAre(0));
  EXPECT_THAT(Output<int32_t>(run(5), 0), ElementsAre(1, 0, 2, 0, 0));
}

}  // namespace
}  // namespace octet::testing
