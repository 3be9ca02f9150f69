// Numbers: `fixed_point` from TensorFlow Lite's reference kernels, `float32` from LiteRT 2.3's
// default path. Geometries stand in conv_geometry_test.cc.
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

// Accumulators that are odd multiples of 2, over an output scale of 4: all ties but the first.
const Codes kTies = {0, -2, -6, 2, 6, 10, -10, -14, -2, -6, -10};

ConvModel OnePixel(const Codes& weights, int32_t in_channels, Quant weight_quant,
                   Quant output_quant, int32_t dilation = 1) {
  const auto n = static_cast<int32_t>(weights.size());
  ConvModel model;
  model.input = {1, 1, 1, in_channels};
  model.weights = {1, 1, 1, n};
  model.weight_codes = weights;
  model.weight_quant = std::move(weight_quant);
  model.bias.assign(n, 0);
  model.output = {1, 1, 1, n};
  model.output_quant = std::move(output_quant);
  DepthwiseConv2DOptions options;
  options.depth_multiplier = n / in_channels;
  options.dilation_h = options.dilation_w = dilation;
  model.options = options;
  return model;
}

Codes Answer(const ConvModel& model, const Codes& input, Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return RunValues<int8_t, int8_t>(model.Build(), {input}, options);
}

Quant FirstScale(float first, size_t n) {
  std::vector<float> scales(n, 1.0f);
  scales[0] = first;
  return Quant(std::move(scales), 3);
}

TEST(DepthwiseConv2DTest, Ties) {
  const ConvModel model = OnePixel(kTies, 11, {1, 0}, {4, 0});
  EXPECT_THAT(Answer(model, Codes(11, 1), Rounding::kFixedPoint),
              ElementsAre(0, -1, -2, 1, 2, 3, -3, -4, -1, -2, -3));
  EXPECT_THAT(Answer(model, Codes(11, 1), Rounding::kFloat32),
              ElementsAre(0, 0, -2, 0, 2, 2, -2, -4, 0, -2, -2));
}

// Beside a dead channel the builtin kernel answers: half up in whole blocks of eight channels, away
// from zero in the rest, whatever the multiplier and the dilation.
TEST(DepthwiseConv2DTest, ADeadChannelChangesTheRuleOfAll) {
  for (int32_t in_channels : {11, 1}) {
    for (int32_t dilation : {1, 2}) {
      const ConvModel model =
          OnePixel(kTies, in_channels, FirstScale(0, kTies.size()), {4, 0}, dilation);
      EXPECT_THAT(Answer(model, Codes(in_channels, 1), Rounding::kFixedPoint),
                  ElementsAre(0, -1, -2, 1, 2, 3, -3, -4, -1, -2, -3));
      EXPECT_THAT(Answer(model, Codes(in_channels, 1), Rounding::kFloat32),
                  ElementsAre(0, 0, -1, 1, 2, 3, -2, -3, -1, -2, -3));
    }
  }
  const Codes ten(kTies.begin(), kTies.end() - 1);
  EXPECT_THAT(Answer(OnePixel(ten, 5, FirstScale(0, 10), {4, 0}), Codes(5, 1), Rounding::kFloat32),
              ElementsAre(0, 0, -1, 1, 2, 3, -2, -3, -1, -2));
}

TEST(DepthwiseConv2DTest, ActivationBoundsFollowTheKernelThatAnswers) {
  const auto clamped = [](float first_scale, Rounding rounding) {
    ConvModel model = OnePixel({0, 100}, 2, FirstScale(first_scale, 2), {4, 1});
    DepthwiseConv2DOptions options;
    options.activation = Activation::kRelu6;
    model.options = options;
    return Answer(model, {100, 100}, rounding);
  };
  // 6 / 4 + 1 = 2.5.
  EXPECT_THAT(clamped(1, Rounding::kFixedPoint), ElementsAre(1, 3));
  EXPECT_THAT(clamped(1, Rounding::kFloat32), ElementsAre(1, 2));
  EXPECT_THAT(clamped(0, Rounding::kFloat32), ElementsAre(1, 3));
}

TEST(DepthwiseConv2DTest, TheShapesDecideNotTheMultiplierInTheFile) {
  ConvModel model = OnePixel({1, 2, 3, 4}, 2, {1, 0}, {1, 0});
  DepthwiseConv2DOptions stale;
  stale.depth_multiplier = 7;
  model.options = stale;
  EXPECT_THAT(Answer(model, {10, 20}, Rounding::kFloat32), ElementsAre(10, 20, 60, 80));
}

TEST(DepthwiseConv2DTest, RefusesShapesAndScalesThatDoNotFit) {
  ConvModel model = OnePixel({1, 2, 3}, 1, {1, 0}, {1, 0});
  model.input = {1, 1, 1, 2};
  EXPECT_THAT(
      CompileError(model.Build()).message(),
      HasSubstr("'weights' of shape [1,1,1,3] do not fit input 'input' of shape [1,1,1,2]"));
  model = OnePixel({1, 2}, 2, {1, 0}, {1, 0});
  model.weights = {2, 1, 1, 1};
  EXPECT_FALSE(CompileError(model.Build()).ok());
  model = OnePixel({1, 2}, 2, {1, 0}, {1, 0});
  model.bias = {0, 0, 0};
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("'bias' has 3 elements; 2"));
  model = OnePixel({1, 2}, 2, {1, 0}, {1, 0});
  model.weights = {1, 2, 1, 1};
  model.input = {1, 1, 1, 1};
  model.bias = {0};
  model.weight_quant = Quant({1.0f, 1.0f}, 1);
  EXPECT_EQ(CompileError(model.Build()).code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("along dimension 1, not 3"));
}

TEST(DepthwiseConv2DTest, AnEmptyBatchHasAnEmptyAnswer) {
  ConvModel model = OnePixel({1, 2}, 2, {1, 0}, {1, 0});
  model.input = {0, 1, 1, 2};
  model.output = {0, 1, 1, 2};
  for (Rounding rounding : kBothRules) EXPECT_THAT(Answer(model, {}, rounding), ElementsAre());
}

}  // namespace
}  // namespace octet::testing
