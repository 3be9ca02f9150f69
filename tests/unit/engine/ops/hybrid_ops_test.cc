// Hybrid CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED. Numbers: `fixed_point` from TensorFlow
// Lite's reference kernels, `float32` from LiteRT 2.3's default path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

using Floats = std::vector<float>;

template <typename Model>
Floats Answer(const Model& model, const Floats& input, Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return RunValues<float, float>(model.Build(), {input}, options);
}

FloatFullyConnectedModel Rows(bool asymmetric, Quant weight_quant, Floats bias) {
  FloatFullyConnectedModel model;
  model.input = {3, 4};
  model.weights = {2, 4};
  model.weight_codes = {1, 2, 3, 4, 10, -20, 30, -40};
  model.weight_quant = std::move(weight_quant);
  model.bias = std::move(bias);
  model.output = {3, 2};
  model.options.asymmetric_quantize_inputs = asymmetric;
  return model;
}
const Floats kRows = {.1f, .2f, .3f, .4f, 100, -200, 300, 400, 0, 0, 0, 0};

TEST(HybridFullyConnectedTest, SymmetricInputs) {
  EXPECT_THAT(Answer(Rows(false, {0.01f, 0}, {}), kRows, Rounding::kFixedPoint),
              ElementsAre(0.030015748f, -0.10047244f, 21.952755f, -19.84252f, 0, 0));
  EXPECT_THAT(
      Answer(Rows(false, Quant({0.01f, 0.02f}, 0), {0.5f, -0.25f}), kRows, Rounding::kFixedPoint),
      ElementsAre(0.53001577f, -0.4509449f, 22.452755f, -39.93504f, 0.5f, -0.25f));
}

TEST(HybridFullyConnectedTest, AsymmetricInputs) {
  EXPECT_THAT(Answer(Rows(true, {0.01f, 0}, {}), kRows, Rounding::kFixedPoint),
              ElementsAre(0.030007841f, -0.10023528f, 21.97647f, -20.235294f, 0, 0));
  EXPECT_THAT(
      Answer(Rows(true, Quant({0.01f, 0.02f}, 0), {0.5f, -0.25f}), kRows, Rounding::kFixedPoint),
      ElementsAre(0.53000784f, -0.45047057f, 22.47647f, -40.72059f, 0.5f, -0.25f));
}

// XNNPACK quantizes asymmetrically whatever the flag says, and adds the bias in one rounding.
TEST(HybridFullyConnectedTest, DefaultPath) {
  for (bool asymmetric : {false, true}) {
    EXPECT_THAT(Answer(Rows(asymmetric, {0.01f, 0}, {}), kRows, Rounding::kFloat32),
                ElementsAre(0.030007841f, -0.10023529f, 22.023527f, -19.764704f, 0, 0));
    EXPECT_THAT(Answer(Rows(asymmetric, Quant({0.01f, 0.02f}, 0), {0.5f, -0.25f}), kRows,
                       Rounding::kFloat32),
                ElementsAre(0.53000784f, -0.45047057f, 22.523527f, -39.779408f, 0.5f, -0.25f));
  }
}

TEST(HybridFullyConnectedTest, ADeadChannelGivesItsBias) {
  const auto model = Rows(false, Quant({0.0f, 0.02f}, 0), {0.5f, -0.25f});
  EXPECT_THAT(Answer(model, kRows, Rounding::kFixedPoint),
              ElementsAre(0.5f, -0.4509449f, 0.5f, -39.93504f, 0.5f, -0.25f));
  // LiteRT's default path refuses the model; the rule answers all the same.
  EXPECT_THAT(Answer(model, kRows, Rounding::kFloat32),
              ElementsAre(0.5f, -0.45047057f, 0.5f, -39.779408f, 0.5f, -0.25f));
}

TEST(HybridFullyConnectedTest, Activation) {
  auto model = Rows(false, Quant({0.01f, 0.02f}, 0), {0.5f, 0.25f});
  model.options.activation = Activation::kRelu6;
  EXPECT_THAT(Answer(model, kRows, Rounding::kFixedPoint),
              ElementsAre(0.53001577f, 0.049055114f, 6, 0, 0.5f, 0.25f));
  EXPECT_THAT(Answer(model, kRows, Rounding::kFloat32),
              ElementsAre(0.53000784f, 0.049529422f, 6, 0, 0.5f, 0.25f));
}

FloatConvModel TwoImages(Padding padding, Quant weight_quant) {
  FloatConvModel model;
  model.input = {2, 1, 3, 2};
  model.weights = {2, 1, 2, 2};
  model.weight_codes = {3, -5, 7, 127, 1, 2, -3, -4};
  model.weight_quant = std::move(weight_quant);
  model.bias = {0.5f, -0.25f};
  Conv2DOptions options;
  options.padding = padding;
  model.options = options;
  model.output = {2, 1, padding == Padding::kSame ? 3 : 2, 2};
  return model;
}
const Floats kImages = {1, .5f, -.25f, 2, .75f, -1, 10, .5f, -25, 2, .75f, -100};

TEST(HybridConv2DTest, ScalesPerChannel) {
  const Quant quant({0.01f, 0.02f}, 0);
  EXPECT_THAT(Answer(TwoImages(Padding::kValid, quant), kImages, Rounding::kFixedPoint),
              ElementsAre(3.027412f, -0.3549412f, -0.82470584f, -0.14011765f, 1.7639215f,
                          1.2943137f, -127.397644f, 7.290392f));
  EXPECT_THAT(Answer(TwoImages(Padding::kValid, quant), kImages, Rounding::kFloat32),
              ElementsAre(3.0279999f, -0.35541177f, -0.82470596f, -0.14011765f, 1.7639215f,
                          1.2943138f, -127.397644f, 7.2903924f));
  EXPECT_THAT(
      Answer(TwoImages(Padding::kSame, quant), kImages, Rounding::kFixedPoint),
      ElementsAre(3.027412f, -0.3549412f, -0.82470584f, -0.14011765f, 0.5725882f, -0.27494118f,
                  1.7639215f, 1.2943137f, -127.397644f, 7.290392f, 5.5298038f, -4.2358823f));
  EXPECT_THAT(
      Answer(TwoImages(Padding::kSame, quant), kImages, Rounding::kFloat32),
      ElementsAre(3.0279999f, -0.35541177f, -0.82470596f, -0.14011765f, 0.57258826f, -0.27494118f,
                  1.7639215f, 1.2943138f, -127.397644f, 7.2903924f, 5.5298038f, -4.2358823f));
}

// One scale for all channels: the reference kernel quantizes symmetrically.
TEST(HybridConv2DTest, OneScale) {
  EXPECT_THAT(Answer(TwoImages(Padding::kValid, {0.01f, 0}), kImages, Rounding::kFixedPoint),
              ElementsAre(3.0274017f, -0.30228347f, -0.83464575f, -0.19488189f, 2.003937f,
                          0.52952754f, -127.31889f, 3.5216534f));
  EXPECT_THAT(Answer(TwoImages(Padding::kValid, {0.01f, 0}), kImages, Rounding::kFloat32),
              ElementsAre(3.0279999f, -0.30270588f, -0.82470596f, -0.19505882f, 1.7639215f,
                          0.5221569f, -127.397644f, 3.5201962f));
}

TEST(HybridConv2DTest, EqualScalesPerChannelAreOneScale) {
  for (Rounding rounding : kBothRules) {
    EXPECT_EQ(Answer(TwoImages(Padding::kSame, Quant({0.01f, 0.01f}, 0)), kImages, rounding),
              Answer(TwoImages(Padding::kSame, {0.01f, 0}), kImages, rounding));
  }
}

// A pointwise kernel of stride 1 gets a scale for each pixel on the default path.
TEST(HybridConv2DTest, Pointwise) {
  FloatConvModel model;
  model.input = {1, 1, 2, 2};
  model.weights = {2, 1, 1, 2};
  model.weight_codes = {3, -5, 1, 127};
  model.bias = {0.5f, -0.25f};
  model.output = {1, 1, 2, 2};
  const Floats input = {1, .5f, -25, 200};
  model.weight_quant = Quant({0.01f, 0.02f}, 0);
  EXPECT_THAT(Answer(model, input, Rounding::kFixedPoint),
              ElementsAre(0.48235294f, 2.0088234f, -10.255882f, 508.0029f));
  EXPECT_THAT(Answer(model, input, Rounding::kFloat32),
              ElementsAre(0.50490195f, 1.0449804f, -10.255882f, 508.00293f));
  model.weight_quant = {0.01f, 0};
  EXPECT_THAT(Answer(model, input, Rounding::kFixedPoint),
              ElementsAre(0.5472441f, -0.23425198f, -10.255905f, 253.49803f));
  EXPECT_THAT(Answer(model, input, Rounding::kFloat32),
              ElementsAre(0.50490195f, 0.39749023f, -10.255882f, 253.87646f));
}

// Two images, channels 0 and 1: on the default path past the last multiple of four.
TEST(HybridDepthwiseTest, TwoImages) {
  FloatConvModel model;
  model.input = {2, 1, 2, 2};
  model.weights = {1, 1, 2, 2};
  model.weight_codes = {3, -5, 7, 127};
  model.weight_quant = Quant({0.01f, 0.02f}, 3);
  model.bias = {0.5f, -0.25f};
  model.output = {2, 1, 2, 2};
  model.options = DepthwiseConv2DOptions{};
  const Floats input = {1, .5f, -.25f, 2, 10, .5f, -25, 2};
  EXPECT_THAT(Answer(model, input, Rounding::kFixedPoint),
              ElementsAre(0.51261765f, 4.7871766f, 0.49258822f, -0.45029414f, -0.9480393f, 4.92451f,
                          -0.24941182f, -0.45588237f));
  EXPECT_THAT(Answer(model, input, Rounding::kFloat32),
              ElementsAre(0.51261765f, 4.7871766f, 0.49258822f, -0.45029414f, -0.9480392f, 4.92451f,
                          -0.24941176f, -0.45588237f));
}

// Six channels: on the default path four, weight scale first, and two, row scale first.
TEST(HybridDepthwiseTest, ChannelsPastAMultipleOfFour) {
  FloatConvModel model;
  model.input = {1, 1, 1, 6};
  model.weights = {1, 1, 1, 6};
  model.weight_codes = {18, -23, -94, -116, -127, -115};
  model.weight_quant = Quant(
      {0.019984346f, 0.013395013f, 0.0054556937f, 0.0092640035f, 0.019509537f, 0.018055875f}, 3);
  model.bias = {-1.7321348f, -0.083696194f, -1.163226f, -0.6292881f, -0.48800582f, -0.7133134f};
  model.output = {1, 1, 1, 6};
  model.options = DepthwiseConv2DOptions{};
  const Floats input = {-0.80193144f, -1.3243589f, -0.24836162f,
                        0.42044523f,  1.1360465f,  0.1097064f};
  EXPECT_THAT(
      Answer(model, input, Rounding::kFixedPoint),
      ElementsAre(-2.0202107f, 0.3235509f, -1.0345737f, -1.0855097f, -3.3089805f, -0.9336951f));
  EXPECT_THAT(
      Answer(model, input, Rounding::kFloat32),
      ElementsAre(-2.0202107f, 0.32355094f, -1.0345737f, -1.0855097f, -3.3089802f, -0.9336951f));
}

FloatConvModel AnyConv(Dims input, Dims weights, Dims output, OpOptions options, bool bias) {
  FloatConvModel model;
  const int axis = std::holds_alternative<DepthwiseConv2DOptions>(options) ? 3 : 0;
  const int32_t n = weights[axis];
  model.weight_codes = MixedCodes(Count(weights), 3);
  std::vector<float> scales(n);
  for (int32_t c = 0; c < n; ++c) scales[c] = 0.001f * static_cast<float>(c + 1);
  model.weight_quant = Quant(scales, axis);
  if (bias) model.bias = MixedValues(n, 4);
  model.input = std::move(input);
  model.weights = std::move(weights);
  model.output = std::move(output);
  model.options = std::move(options);
  return model;
}

TEST(HybridOpsTest, ZerosGiveTheBiasExactly) {
  const FloatConvModel models[] = {
      AnyConv({1, 3, 3, 2}, {5, 3, 3, 2}, {1, 3, 3, 5}, Conv2DOptions{}, true),
      AnyConv({1, 3, 3, 4}, {6, 3, 3, 2}, {1, 3, 3, 6}, Conv2DOptions{}, true),
      AnyConv({1, 3, 3, 2}, {5, 1, 1, 2}, {1, 3, 3, 5}, Conv2DOptions{}, true),
      AnyConv({1, 3, 3, 7}, {1, 3, 3, 7}, {1, 3, 3, 7}, DepthwiseConv2DOptions{}, true),
      AnyConv({1, 3, 3, 2}, {1, 3, 3, 6}, {1, 3, 3, 6}, DepthwiseConv2DOptions{}, true)};
  for (const FloatConvModel& model : models) {
    for (Rounding rounding : kBothRules) {
      const Floats got = Answer(model, Floats(Count(model.input), 0.0f), rounding);
      ASSERT_EQ(static_cast<int64_t>(got.size()), Count(model.output));
      for (size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i], model.bias[i % model.bias.size()]);
      }
    }
  }
}

// Padding is real zero, so an image inside a larger one of zeros gives the same inner pixels.
TEST(HybridOpsTest, PaddingIsZero) {
  for (const bool depthwise : {false, true}) {
    const OpOptions same = depthwise ? OpOptions(DepthwiseConv2DOptions{}) : Conv2DOptions{};
    const Dims weights = depthwise ? Dims{1, 3, 3, 2} : Dims{2, 3, 3, 2};
    const FloatConvModel small = AnyConv({1, 3, 3, 2}, weights, {1, 3, 3, 2}, same, false);
    const FloatConvModel large = AnyConv({1, 5, 5, 2}, weights, {1, 5, 5, 2}, same, false);
    const Floats image = MixedValues(18, 9);
    Floats framed(50, 0.0f);
    for (int i = 0; i < 18; ++i) framed[((i / 6 + 1) * 5 + i % 6 / 2 + 1) * 2 + i % 2] = image[i];
    for (Rounding rounding : kBothRules) {
      const Floats inner = Answer(small, image, rounding);
      const Floats outer = Answer(large, framed, rounding);
      for (int i = 0; i < 18; ++i) {
        EXPECT_EQ(inner[i], outer[((i / 6 + 1) * 5 + i % 6 / 2 + 1) * 2 + i % 2]) << i;
      }
    }
  }
}

TEST(HybridOpsTest, NotFiniteInputsAreDefined) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const FloatConvModel models[] = {
      AnyConv({1, 3, 3, 2}, {5, 3, 3, 2}, {1, 3, 3, 5}, Conv2DOptions{}, true),
      AnyConv({1, 3, 3, 2}, {5, 1, 1, 2}, {1, 3, 3, 5}, Conv2DOptions{}, false),
      AnyConv({1, 3, 3, 2}, {1, 3, 3, 2}, {1, 3, 3, 2}, DepthwiseConv2DOptions{}, true)};
  for (const FloatConvModel& model : models) {
    for (Rounding rounding : kBothRules) {
      for (float bad : {NAN, kInf, -kInf, 3.4e38f, 1e-45f}) {
        Floats input = MixedValues(18, 2);
        input[7] = bad;
        EXPECT_EQ(static_cast<int64_t>(Answer(model, input, rounding).size()), Count(model.output));
      }
    }
  }
  for (Rounding rounding : kBothRules) {
    for (bool asymmetric : {false, true}) {
      Floats rows = kRows;
      rows[1] = NAN;
      rows[6] = kInf;
      const Floats got = Answer(Rows(asymmetric, {0.01f, 0}, {0.5f, 1}), rows, rounding);
      // The third row never meets them.
      EXPECT_EQ(got[4], 0.5f);
      EXPECT_EQ(got[5], 1);
    }
  }
}

TEST(HybridOpsTest, WeightsAreSymmetric) {
  auto model = Rows(false, {0.01f, 3}, {});
  EXPECT_EQ(CompileError(model.Build()).code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("'weights' has zero point 3"));
  model = Rows(false, {}, {});
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("has no quantization scale"));
}

}  // namespace
}  // namespace octet::testing
