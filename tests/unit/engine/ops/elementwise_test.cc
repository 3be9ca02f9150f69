// Element-wise operators at their edges: what recorded answers do not show. Numbers are derived in
// comments or follow from the definition of the operator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int32_t kLowest = std::numeric_limits<int32_t>::min();
constexpr int32_t kHighest = std::numeric_limits<int32_t>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Two inputs of `type` with `n` elements each.
BinaryModel Pair(BuiltinOp op, DataType type, int32_t n, OpOptions options = {}) {
  BinaryModel model{op, {1, n}, {}, {1, n}, {}, {1, n}, {}, std::move(options)};
  model.type = type;
  return model;
}

template <typename T>
std::vector<T> Answer(const BinaryModel& model, const std::vector<T>& a, const std::vector<T>& b) {
  return RunValues<T, T>(model.Build(), {a, b});
}

TEST(ElementwiseTest, PlainIntegersWrap) {
  const std::vector<int32_t> a = {kHighest, kLowest, 5};
  const std::vector<int32_t> b = {1, 1, -7};
  EXPECT_THAT(Answer(Pair(BuiltinOp::kAdd, DataType::kInt32, 3, AddOptions{}), a, b),
              ElementsAre(kLowest, kLowest + 1, -2));
  EXPECT_THAT(Answer(Pair(BuiltinOp::kSub, DataType::kInt32, 3, AddOptions{}), a, b),
              ElementsAre(kHighest - 1, kHighest, 12));
  EXPECT_THAT(Answer(Pair(BuiltinOp::kMul, DataType::kInt32, 3, ActivationOptions{}), a, a),
              ElementsAre(1, 0, 25));
  EXPECT_THAT(Answer(Pair(BuiltinOp::kSquaredDifference, DataType::kInt32, 3), a, b),
              ElementsAre(4, 1, 144));
}

TEST(ElementwiseTest, PlainIntegersAreClampedByTheActivation) {
  ActivationOptions relu6;
  relu6.activation = Activation::kRelu6;
  EXPECT_THAT(
      Answer<int64_t>(Pair(BuiltinOp::kMul, DataType::kInt64, 3, relu6), {2, -2, 5}, {3, 3, 5}),
      ElementsAre(6, 0, 6));
}

TEST(ElementwiseTest, LowestIntegerByMinusOneWraps) {
  const std::vector<int32_t> a = {kLowest, 7, -7};
  const std::vector<int32_t> b = {-1, -2, 2};
  EXPECT_THAT(Answer(Pair(BuiltinOp::kDiv, DataType::kInt32, 3, ActivationOptions{}), a, b),
              ElementsAre(kLowest, -3, -3));
  EXPECT_THAT(Answer(Pair(BuiltinOp::kFloorDiv, DataType::kInt32, 3), a, b),
              ElementsAre(kLowest, -4, -4));
  EXPECT_THAT(Answer(Pair(BuiltinOp::kFloorMod, DataType::kInt32, 3), a, b), ElementsAre(0, -1, 1));
}

TEST(ElementwiseTest, IntegerDivisionByZeroFailsTheRun) {
  for (BuiltinOp op : {BuiltinOp::kDiv, BuiltinOp::kFloorDiv, BuiltinOp::kFloorMod}) {
    const auto result = RunModel(Pair(op, DataType::kInt32, 2).Build(),
                                 {ToBytes<int32_t>({1, 2}), ToBytes<int32_t>({1, 0})});
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("division by zero"));
  }
}

TEST(ElementwiseTest, QuantizedDivisionByZeroGivesTheEndOfTheRange) {
  BinaryModel model = Pair(BuiltinOp::kDiv, DataType::kInt8, 3, ActivationOptions{});
  model.quant_a = model.quant_b = model.output_quant = Quant(0.5f, 3);
  EXPECT_THAT(Answer<int8_t>(model, {10, -10, 3}, {3, 3, 3}), ElementsAre(127, -128, 3));
}

TEST(ElementwiseTest, IntegerPowers) {
  EXPECT_THAT(Answer<int32_t>(Pair(BuiltinOp::kPow, DataType::kInt32, 7),
                              {2, 2, -1, -1, 3, 0, kLowest}, {31, 40, -3, -4, -1, 0, 1}),
              ElementsAre(kLowest, 0, -1, 1, 0, 1, kLowest));
}

UnaryModel Unary(BuiltinOp op, DataType in, DataType out, int32_t n) {
  UnaryModel model{op, 1, {1, n}, {}, {1, n}, {}, {}};
  model.type = in;
  model.out_type = out;
  return model;
}

TEST(ElementwiseTest, CastCutsRealNumbersToTheRange) {
  const std::vector<float> x = {kNan, kInfinity, -kInfinity, 300.0f, -1.5f, 2.9f};
  EXPECT_THAT((RunValues<uint8_t, float>(
                  Unary(BuiltinOp::kCast, DataType::kFloat32, DataType::kUint8, 6).Build(), {x})),
              ElementsAre(0, 255, 0, 255, 0, 2));
  EXPECT_THAT((RunValues<int32_t, float>(
                  Unary(BuiltinOp::kCast, DataType::kFloat32, DataType::kInt32, 6).Build(), {x})),
              ElementsAre(0, kHighest, kLowest, 300, -1, 2));
}

TEST(ElementwiseTest, NegativesOfTheLowest) {
  const std::vector<int32_t> x = {kLowest, 3};
  EXPECT_THAT((RunValues<int32_t, int32_t>(
                  Unary(BuiltinOp::kNeg, DataType::kInt32, DataType::kInt32, 2).Build(), {x})),
              ElementsAre(kLowest, -3));
  EXPECT_THAT((RunValues<int32_t, int32_t>(
                  Unary(BuiltinOp::kAbs, DataType::kInt32, DataType::kInt32, 2).Build(), {x})),
              ElementsAre(kLowest, 3));
}

UnaryModel Codes8(BuiltinOp op, int32_t n, Quant in, Quant out) {
  UnaryModel model = Unary(op, DataType::kInt8, DataType::kInt8, n);
  model.input_quant = std::move(in);
  model.output_quant = std::move(out);
  return model;
}

TEST(ElementwiseTest, NumbersOutsideOfTheDomain) {
  const std::vector<int8_t> x = {-5, 0, 4};
  // The root of 4 is 2; what is negative has none.
  EXPECT_THAT(
      (RunValues<int8_t, int8_t>(Codes8(BuiltinOp::kSqrt, 3, {1.0f, 0}, {1.0f, 7}).Build(), {x})),
      ElementsAre(7, 7, 9));
  // 1 / 2 in steps of 1/64, and the highest code.
  EXPECT_THAT((RunValues<int8_t, int8_t>(
                  Codes8(BuiltinOp::kRsqrt, 3, {1.0f, 0}, {1.0f / 64, 0}).Build(), {x})),
              ElementsAre(127, 127, 32));
  // ln 4 = 1.386 in steps of 1/32: 44.36.
  EXPECT_THAT((RunValues<int8_t, int8_t>(
                  Codes8(BuiltinOp::kLog, 3, {1.0f, 0}, {1.0f / 32, 0}).Build(), {x})),
              ElementsAre(-128, -128, 44));
}

TEST(ElementwiseTest, ScalesThatDoNotFitAreNamed) {
  EXPECT_THAT(
      std::string(
          CompileError(Codes8(BuiltinOp::kHardSwish, 1, {300.0f, 0}, {1.0f, 0}).Build()).message()),
      HasSubstr("input scale 300"));
  EXPECT_THAT(
      std::string(
          CompileError(Codes8(BuiltinOp::kRelu, 1, {1e20f, 0}, {1e-10f, 0}).Build()).message()),
      AllOf(HasSubstr("'output'"), HasSubstr("2^30")));
  EXPECT_THAT(
      std::string(CompileError(Codes8(BuiltinOp::kExp, 1, {}, {1.0f, 0}).Build()).message()),
      HasSubstr("no quantization scale"));
}

TEST(ElementwiseTest, SixteenBitSigmoidsHaveOneOutputScale) {
  UnaryModel model = Unary(BuiltinOp::kTanh, DataType::kInt16, DataType::kInt16, 1);
  model.input_quant = Quant(0x1p-12f, 0);
  model.output_quant = Quant(0x1p-14f, 0);
  EXPECT_THAT(std::string(CompileError(model.Build()).message()), HasSubstr("1/32768"));
}

TEST(ElementwiseTest, SelectTakesBytesOfAnyTruth) {
  ModelBuilder b;
  const int condition = b.Input("condition", DataType::kBool, {1, 3});
  const int yes = b.Input("yes", DataType::kInt32, {1, 3});
  const int no = b.Input("no", DataType::kInt32, {1});
  const int y = b.Tensor("y", DataType::kInt32, {1, 3});
  b.Op(BuiltinOp::kSelectV2, 1, {condition, yes, no}, {y});
  b.Output(y);
  const auto result = RunModel(
      b.Build(), {ToBytes<uint8_t>({2, 0, 1}), ToBytes<int32_t>({1, 2, 3}), ToBytes<int32_t>({9})});
  EXPECT_THAT(FromBytes<int32_t>(FirstOutputOrFail(result)), ElementsAre(1, 9, 3));
}

TEST(ElementwiseTest, RowsOfABatchStandAlone) {
  RunOptions options;
  options.rows = 3;
  const std::vector<float> x = {kNan, 1.0f, -1.0f};
  const auto y = RunValues<float, float>(
      Unary(BuiltinOp::kRelu, DataType::kFloat32, DataType::kFloat32, 1).Build(), {x}, options);
  ASSERT_EQ(y.size(), 3u);
  EXPECT_EQ(y[1], 1.0f);
  EXPECT_EQ(y[2], 0.0f);
}

}  // namespace
}  // namespace octet::testing
