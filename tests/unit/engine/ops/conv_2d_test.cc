// Numbers: `fixed_point` from TensorFlow Lite's reference kernels, `float32` from LiteRT 2.3's
// default path, unless a comment derives them.
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

// A 1x1 convolution over one pixel of one channel of code 1: the accumulators are the weights.
ConvModel OnePixel(const Codes& weights, Quant weight_quant, Quant output_quant) {
  const auto n = static_cast<int32_t>(weights.size());
  ConvModel model;
  model.input = {1, 1, 1, 1};
  model.weights = {n, 1, 1, 1};
  model.weight_codes = weights;
  model.weight_quant = std::move(weight_quant);
  model.bias.assign(n, 0);
  model.output = {1, 1, 1, n};
  model.output_quant = std::move(output_quant);
  return model;
}

Codes Answer(const ConvModel& model, const Codes& input, Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return RunValues<int8_t, int8_t>(model.Build(), {input}, options);
}

// Accumulators that are odd multiples of 2, over an output scale of 4: all ties but the first.
const Codes kTies = {0, -2, -6, 2, 6, 10, -10, -14, -2, -6, -10};

Quant FirstScale(float first, size_t n) {
  std::vector<float> scales(n, 1.0f);
  scales[0] = first;
  return Quant(std::move(scales), 0);
}

TEST(Conv2DTest, WorkedExample) {
  // acc -4384 as the bias alone; .0422455221 * .0081491591 / .2322091013 of it is -6.4996.
  ConvModel model = OnePixel({0}, {0.0081491591f, 0}, {0.2322091013f, 19});
  model.input_quant = {0.0422455221f, 0};
  model.bias = {-4384};
  EXPECT_THAT(Answer(model, {0}, Rounding::kFixedPoint), ElementsAre(12));
  EXPECT_THAT(Answer(model, {0}, Rounding::kFloat32), ElementsAre(13));
}

TEST(Conv2DTest, Ties) {
  const ConvModel model = OnePixel(kTies, {1, 0}, {4, 0});
  EXPECT_THAT(Answer(model, {1}, Rounding::kFixedPoint),
              ElementsAre(0, -1, -2, 1, 2, 3, -3, -4, -1, -2, -3));
  EXPECT_THAT(Answer(model, {1}, Rounding::kFloat32),
              ElementsAre(0, 0, -2, 0, 2, 2, -2, -4, 0, -2, -2));
}

// A channel without a scale keeps XNNPACK away from the whole operator: the builtin kernel answers,
// whose second rounding is half up.
TEST(Conv2DTest, ADeadOrSubnormalChannelChangesTheRuleOfAll) {
  for (float scale : {0.0f, 1e-40f}) {
    const ConvModel model = OnePixel(kTies, FirstScale(scale, kTies.size()), {4, 0});
    EXPECT_THAT(Answer(model, {1}, Rounding::kFixedPoint),
                ElementsAre(0, -1, -2, 1, 2, 3, -3, -4, -1, -2, -3));
    EXPECT_THAT(Answer(model, {1}, Rounding::kFloat32),
                ElementsAre(0, 0, -1, 1, 2, 3, -2, -3, 0, -1, -2));
  }
}

TEST(Conv2DTest, ATinyButNormalScaleDoesNot) {
  const ConvModel model = OnePixel(kTies, FirstScale(2e-38f, kTies.size()), {4, 0});
  EXPECT_THAT(Answer(model, {1}, Rounding::kFloat32),
              ElementsAre(0, 0, -2, 0, 2, 2, -2, -4, 0, -2, -2));
}

// Groups are the reference kernel's when the builtin kernels answer.
TEST(Conv2DTest, ADeadChannelOfAGroupedConvolution) {
  ConvModel model = OnePixel({0, -2, -6, 2, 6, 10, -10, -14, -2, -6}, FirstScale(0, 10), {4, 0});
  model.input = {1, 1, 1, 2};
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(model, {1, 1}, rounding), ElementsAre(0, -1, -2, 1, 2, 3, -3, -4, -1, -2));
  }
}

// A patch with taps around the image, where the kernel leaves int32 values to the half-up rule.
TEST(Conv2DTest, ADeadChannelBehindPadding) {
  ConvModel model = OnePixel(Codes(90, 0), FirstScale(0, 10), {4, 0});
  model.input = {1, 3, 3, 1};
  model.weights = {10, 3, 3, 1};
  for (int c = 0; c < 10; ++c) model.weight_codes[c * 9 + 4] = kTies[c];
  model.bias.assign(10, 0);
  model.output = {1, 3, 3, 10};
  const Codes want = {0, 0, -1, 1, 2, 3, -2, -3, 0, -1};
  const Codes got = Answer(model, Codes(9, 1), Rounding::kFloat32);
  ASSERT_EQ(got.size(), 90u);
  for (int i = 0; i < 90; ++i) EXPECT_EQ(got[i], want[i % 10]) << i;
}

TEST(Conv2DTest, ActivationBoundsFollowTheKernelThatAnswers) {
  const auto clamped = [](float first_scale, Rounding rounding) {
    ConvModel model = OnePixel({0, 100}, FirstScale(first_scale, 2), {4, 1});
    Conv2DOptions options;
    options.activation = Activation::kRelu6;
    model.options = options;
    return Answer(model, {100}, rounding);
  };
  // 6 / 4 + 1 = 2.5.
  EXPECT_THAT(clamped(1, Rounding::kFixedPoint), ElementsAre(1, 3));
  EXPECT_THAT(clamped(1, Rounding::kFloat32), ElementsAre(1, 2));
  EXPECT_THAT(clamped(0, Rounding::kFixedPoint), ElementsAre(1, 3));
  EXPECT_THAT(clamped(0, Rounding::kFloat32), ElementsAre(1, 3));
}

// 64 products of 255 * 127 times 200, and their negative.
TEST(Conv2DTest, ProductsFarOutsideOfTheRangeSaturate) {
  ConvModel model;
  model.input = {1, 1, 1, 64};
  model.input_quant = {1, -128};
  model.weights = {2, 1, 1, 64};
  model.weight_codes.assign(128, 127);
  std::fill(model.weight_codes.begin() + 64, model.weight_codes.end(), int8_t{-127});
  model.bias = {0, 0};
  model.output = {1, 1, 1, 2};
  for (float scale : {1.0f / 200, 1e-5f, 1e-8f}) {
    model.output_quant = {scale, 3};
    EXPECT_THAT(Answer(model, Codes(64, 127), Rounding::kFloat32), ElementsAre(127, -128));
  }
  // 2072576 * 200 stays inside int32; larger multipliers wrap there.
  model.output_quant = {1.0f / 200, 3};
  EXPECT_THAT(Answer(model, Codes(64, 127), Rounding::kFixedPoint), ElementsAre(127, -128));
}

TEST(Conv2DTest, WithoutABiasItIsZero) {
  ConvModel with = OnePixel(kTies, {1, 0}, {3, 2});
  ConvModel without = with;
  without.bias.clear();
  for (Rounding rounding : kBothRules) {
    EXPECT_EQ(Answer(with, {77}, rounding), Answer(without, {77}, rounding));
  }
}

TEST(Conv2DTest, RefusesScalesThatMeanNothing) {
  ConvModel dead = OnePixel({1}, {1, 0}, {0, 0});
  EXPECT_THAT(CompileError(dead.Build()).message(), HasSubstr("CONV_2D): tensor 'output' has scale"
                                                              " 0"));
  dead = OnePixel({1}, {1, 0}, {1, 0});
  dead.input_quant = {0, 0};
  EXPECT_THAT(CompileError(dead.Build()).message(), HasSubstr("'input' has scale 0"));
  ConvModel asymmetric = OnePixel({1}, {1, 5}, {1, 0});
  EXPECT_EQ(CompileError(asymmetric.Build()).code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(CompileError(asymmetric.Build()).message(), HasSubstr("zero point 5"));
  ConvModel huge = OnePixel({1}, {1e20f, 0}, {1e-20f, 0});
  EXPECT_THAT(CompileError(huge.Build()).message(), HasSubstr("too large"));
}

TEST(Conv2DTest, RefusesShapesThatDoNotFit) {
  ConvModel model = OnePixel({1, 1, 1}, {1, 0}, {1, 0});
  model.weights = {1, 1, 1, 3};
  EXPECT_THAT(
      CompileError(model.Build()).message(),
      HasSubstr("'weights' of shape [1,1,1,3] do not fit input 'input' of shape [1,1,1,1]"));
  model.weights = {3, 1, 1};
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("4 dimensions are needed"));
  model.weights = {3, 1, 1, 1};
  model.bias = {0, 0};
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("'bias' has 2 elements; 3"));
  // Two groups cannot share three output channels.
  model = OnePixel({1, 1, 1}, {1, 0}, {1, 0});
  model.input = {1, 1, 1, 2};
  EXPECT_FALSE(CompileError(model.Build()).ok());
}

TEST(Conv2DTest, RefusesWindowsThatAreNone) {
  ConvModel model = OnePixel({1}, {1, 0}, {1, 0});
  for (int which = 0; which < 4; ++which) {
    for (int32_t bad : {0, -1}) {
      Conv2DOptions options;
      (which == 0   ? options.stride_h
       : which == 1 ? options.stride_w
       : which == 2 ? options.dilation_h
                    : options.dilation_w) = bad;
      model.options = options;
      EXPECT_EQ(CompileError(model.Build()).code(), absl::StatusCode::kInvalidArgument)
          << which << " = " << bad;
    }
  }
  ConvModel large = OnePixel(Codes(9, 1), {1, 0}, {1, 0});
  large.weights = {1, 3, 3, 1};
  large.bias = {0};
  Conv2DOptions valid;
  valid.padding = Padding::kValid;
  large.options = valid;
  EXPECT_THAT(CompileError(large.Build()).message(), HasSubstr("does not fit"));
}

TEST(Conv2DTest, AnEmptyBatchHasAnEmptyAnswer) {
  ConvModel model = OnePixel({1, 2}, {1, 0}, {1, 0});
  model.input = {0, 1, 1, 1};
  model.output = {0, 1, 1, 2};
  for (Rounding rounding : kBothRules) EXPECT_THAT(Answer(model, {}, rounding), ElementsAre());
}

TEST(Conv2DTest, WeightsMustBeConstant) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 1, 1, 1}, {1, 0});
  const int w = b.Input("w", DataType::kInt8, {1, 1, 1, 1}, {1, 0});
  const int y = b.Tensor("y", DataType::kInt8, {1, 1, 1, 1}, {1, 0});
  b.Op(BuiltinOp::kConv2d, 1, {x, w, kAbsentTensor}, {y}, Conv2DOptions{});
  b.Output(y);
  EXPECT_EQ(CompileError(b.Build()).code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(CompileError(b.Build()).message(), HasSubstr("'w' must be constant"));
}

}  // namespace
}  // namespace octet::testing
