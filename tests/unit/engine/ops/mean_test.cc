// Numbers: `fixed_point` from TensorFlow Lite's reference kernels, `float32` from LiteRT 2.3's
// default path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Codes = std::vector<int8_t>;

UnaryModel Model(Dims input, Quant in, std::vector<int32_t> axes, Dims output, Quant out,
                 bool keep_dims = false) {
  UnaryModel model{BuiltinOp::kMean,         2,
                   std::move(input),         std::move(in),
                   std::move(output),        std::move(out),
                   ReducerOptions{keep_dims}};
  model.parameter = std::move(axes);
  model.has_parameter = true;
  return model;
}

Codes Answer(const UnaryModel& model, const Codes& input, Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return RunValues<int8_t, int8_t>(model.Build(), {input}, options);
}

TEST(MeanTest, WorkedExample) {
  Codes input(112, -8);
  std::fill(input.begin(), input.begin() + 26, int8_t{-9});  // the sum is -922
  const UnaryModel model =
      Model({1, 8, 14, 1}, {0.0361768231f, -11}, {1, 2}, {1, 1, 1, 1}, {0.0022545345f, -101}, true);
  EXPECT_THAT(Answer(model, input, Rounding::kFixedPoint), ElementsAre(-56));
  EXPECT_THAT(Answer(model, input, Rounding::kFloat32), ElementsAre(-57));
}

TEST(MeanTest, Ties) {
  const UnaryModel model = Model({1, 4}, {0.1f, 0}, {1}, {1, 1}, {0.1f, 0}, true);
  EXPECT_THAT(Answer(model, {1, 0, 0, 1}, Rounding::kFixedPoint), ElementsAre(1));
  EXPECT_THAT(Answer(model, {-1, 0, 0, -1}, Rounding::kFixedPoint), ElementsAre(-1));
  EXPECT_THAT(Answer(model, {5, 0, 0, 5}, Rounding::kFixedPoint), ElementsAre(3));
  EXPECT_THAT(Answer(model, {1, 0, 0, 1}, Rounding::kFloat32), ElementsAre(0));
  EXPECT_THAT(Answer(model, {-1, 0, 0, -1}, Rounding::kFloat32), ElementsAre(0));
  EXPECT_THAT(Answer(model, {5, 0, 0, 5}, Rounding::kFloat32), ElementsAre(2));
}

class MeanAxesTest : public ::testing::Test {
 protected:
  MeanAxesTest() {
    for (int i = 0; i < 24; ++i) codes_.push_back(static_cast<int8_t>(i * 29 % 97 - 48));
  }
  Codes Mean(std::vector<int32_t> axes, Dims output, Rounding rounding, bool keep = false) const {
    return Answer(
        Model({1, 2, 3, 4}, {0.3f, 7}, std::move(axes), std::move(output), {0.2f, -5}, keep),
        codes_, rounding);
  }
  Codes codes_;
};

TEST_F(MeanAxesTest, OneAxis) {
  EXPECT_THAT(Mean({1}, {1, 3, 4}, Rounding::kFixedPoint),
              ElementsAre(-45, -1, -31, 13, -16, -46, -2, -31, 12, -17, 27, -3));
  EXPECT_THAT(Mean({1}, {1, 3, 4}, Rounding::kFloat32),
              ElementsAre(-45, -1, -30, 13, -16, -46, -2, -31, 12, -17, 26, -3));
  EXPECT_THAT(Mean({2}, {1, 2, 4}, Rounding::kFixedPoint),
              ElementsAre(-59, -16, 28, -26, 27, -27, -32, 12));
  EXPECT_THAT(Mean({2}, {1, 2, 4}, Rounding::kFloat32),
              ElementsAre(-59, -16, 28, -26, 26, -27, -32, 12));
  EXPECT_THAT(Mean({3}, {1, 2, 3}, Rounding::kFixedPoint), ElementsAre(-23, -30, -1, -10, -18, 11));
  EXPECT_THAT(Mean({3}, {1, 2, 3}, Rounding::kFloat32), ElementsAre(-22, -30, -2, -10, -17, 11));
}

TEST_F(MeanAxesTest, SeveralAxesInAnyOrderFromEitherEnd) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Mean({1, 3}, {1, 3}, rounding), ElementsAre(-16, -24, 5));
    EXPECT_THAT(Mean({-1, 1}, {1, 3}, rounding), ElementsAre(-16, -24, 5));
    EXPECT_THAT(Mean({3, 1, 3}, {1, 3}, rounding), ElementsAre(-16, -24, 5));
    EXPECT_THAT(Mean({1, 2, 3}, {1}, rounding), ElementsAre(-12));
    EXPECT_THAT(Mean({0, 1, 2, 3}, {}, rounding), ElementsAre(-12));
    EXPECT_THAT(Mean({1, 3}, {1, 1, 3, 1}, rounding, true), ElementsAre(-16, -24, 5));
  }
}

TEST(MeanTest, ShapesWithAndWithoutKeptDimensions) {
  const auto shape = [](std::vector<int32_t> axes, Dims output, bool keep) {
    const auto result =
        RunModel(Model({2, 3, 4}, {1, 0}, std::move(axes), std::move(output), {1, 0}, keep).Build(),
                 {Bytes(24)});
    return result.ok() ? result->shapes[0] : Shape{99};
  };
  EXPECT_EQ(shape({1}, {2, 4}, false), (Shape{2, 4}));
  EXPECT_EQ(shape({1}, {2, 1, 4}, true), (Shape{2, 1, 4}));
  EXPECT_EQ(shape({0, 1, 2}, {}, false), Shape());
  EXPECT_EQ(shape({0, 1, 2}, {1, 1, 1}, true), (Shape{1, 1, 1}));
  EXPECT_EQ(shape({}, {2, 3, 4}, false), (Shape{2, 3, 4}));
}

TEST(MeanTest, AxisAsAScalar) {
  UnaryModel model = Model({2, 3}, {1, 0}, {1}, {2}, {1, 0});
  model.parameter_shape = {};
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {2, 3}, {1, 0});
  const int axis = b.Constant<int32_t>("axis", {}, {1});
  const int y = b.Tensor("y", DataType::kInt8, {2}, {1, 0});
  b.Op(BuiltinOp::kMean, 2, {x, axis}, {y}, ReducerOptions{});
  b.Output(y);
  EXPECT_THAT((RunValues<int8_t, int8_t>(b.Build(), {{1, 2, 3, 7, 8, 9}})), ElementsAre(2, 8));
}

TEST(MeanTest, SaturatesAndNeverTraps) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(Model({1, 2}, {1, 0}, {1}, {1}, {0.01f, 0}), {100, 100}, rounding),
                ElementsAre(127));
    EXPECT_THAT(Answer(Model({1, 2}, {1e-9f, 0}, {1}, {1}, {1, 5}), {100, 100}, rounding),
                ElementsAre(5));
    EXPECT_EQ(Answer(Model({1, 2}, {1, 0}, {1}, {1}, {1e-8f, 127}), {100, 100}, rounding).size(),
              1u);
    EXPECT_FALSE(CompileError(Model({1, 2}, {1, 0}, {1}, {1}, {1e-20f, 0}).Build(), rounding).ok());
  }
}

TEST(MeanTest, Float32) {
  UnaryModel model = Model({2, 2, 2}, {}, {0, 2}, {2}, {});
  model.type = model.out_type = DataType::kFloat32;
  EXPECT_THAT((RunValues<float, float>(model.Build(), {{1, 2, 3, 4, 5, 6, 7, 9}})),
              ElementsAre(3.5f, 5.75f));
}

TEST(MeanTest, RefusesWhatHasNoMean) {
  EXPECT_THAT(CompileError(Model({2, 3}, {1, 0}, {2}, {2, 3}, {1, 0}).Build()).message(),
              HasSubstr("MEAN): axis 2 is outside of a tensor of 2 dimensions"));
  EXPECT_FALSE(CompileError(Model({2, 3}, {1, 0}, {-3}, {2, 3}, {1, 0}).Build()).ok());
  EXPECT_THAT(CompileError(Model({2, 0}, {1, 0}, {1}, {2}, {1, 0}).Build()).message(),
              HasSubstr("no elements"));
  EXPECT_FALSE(CompileError(Model({2, 3}, {0, 0}, {1}, {2}, {1, 0}).Build()).ok());
}

}  // namespace
}  // namespace octet::testing
