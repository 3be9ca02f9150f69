// Bias correction and cross-layer equalization, alone and over the public face.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "engine/quantize/transform/bias_correction.h"
#include "engine/quantize/transform/equalize.h"
#include "octet/quantize.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;

std::vector<float> Wave(size_t count, float step) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = std::sin(step * static_cast<float>(i + 1));
  return values;
}

absl::Span<const std::byte> Bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float)};
}

// x [1,5,5,3] -> CONV_2D 3x3 (8, RELU) -> DEPTHWISE_CONV_2D 3x3 -> CONV_2D 1x1 (4) -> y. Channels
// of the first, and what they give, differ in size by up to 100; the second evens that out.
ModelBuilder Network() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 5, 5, 3});
  std::vector<float> first = Wave(8 * 27, 0.7f);
  for (size_t i = 0; i < first.size(); ++i) first[i] *= i / 27 % 2 == 0 ? 1.0f : 0.01f;
  const int w0 = b.Constant<float>("w0", {8, 3, 3, 3}, first);
  std::vector<float> first_bias = Wave(8, 1.3f);
  for (size_t i = 0; i < first_bias.size(); ++i) first_bias[i] *= i % 2 == 0 ? 1.0f : 0.01f;
  const int b0 = b.Constant<float>("b0", {8}, first_bias);
  std::vector<float> second = Wave(72, 0.9f);
  for (size_t i = 0; i < second.size(); ++i) second[i] *= i % 2 == 0 ? 1.0f : 100.0f;
  const int w1 = b.Constant<float>("w1", {1, 3, 3, 8}, second);
  const int b1 = b.Constant<float>("b1", {8}, Wave(8, 2.3f));
  const int w2 = b.Constant<float>("w2", {4, 1, 1, 8}, Wave(32, 1.9f));
  const int b2 = b.Constant<float>("b2", {4}, Wave(4, 0.3f));
  const int h0 = b.Tensor("h0", DataType::kFloat32, {1, 5, 5, 8});
  const int h1 = b.Tensor("h1", DataType::kFloat32, {1, 5, 5, 8});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 5, 5, 4});
  b.Op(BuiltinOp::kConv2d, 1, {x, w0, b0}, {h0}, Conv2DOptions{.activation = Activation::kRelu});
  b.Op(BuiltinOp::kDepthwiseConv2d, 1, {h0, w1, b1}, {h1}, DepthwiseConv2DOptions{});
  b.Op(BuiltinOp::kConv2d, 1, {h1, w2, b2}, {y}, Conv2DOptions{});
  b.Output(y);
  return b;
}

double Noise(const std::vector<float>& a, const std::vector<float>& b) {
  double noise = 0;
  for (size_t i = 0; i < a.size(); ++i) noise += (a[i] - b[i]) * (a[i] - b[i]);
  return noise;
}

TEST(EqualizeLayersTest, AnswersAsBeforeWithEvenRanges) {
  const std::string bytes = Network().Build();
  const auto model = ReadModel(bytes);
  ASSERT_TRUE(model.ok());
  std::vector<ImprovementReport> improvements;
  const auto equalized = EqualizeLayers(**model, bytes, nullptr, improvements);
  ASSERT_TRUE(equalized.ok()) << equalized.status();
  const auto before = testing::RunValues<float, float>(bytes, {Wave(75, 0.37f)});
  const auto after = testing::RunValues<float, float>(*equalized, {Wave(75, 0.37f)});
  ASSERT_EQ(after.size(), 100);
  EXPECT_GT(Noise(before, std::vector<float>(100)), 1);
  EXPECT_LT(Noise(before, after), 1e-9);
  ASSERT_EQ(improvements.size(), 2);
  EXPECT_EQ(improvements[0].tensor, "w0");
  EXPECT_EQ(improvements[0].detail, "CONV_2D before DEPTHWISE_CONV_2D");
  EXPECT_GT(improvements[0].before, 50);
  EXPECT_LT(improvements[0].after, improvements[0].before / 5);
}

TEST(EqualizeLayersTest, TheWeightsOfBeforeLeaveTheFile) {
  const std::string bytes = Network().Build();
  const auto model = ReadModel(bytes);
  ASSERT_TRUE(model.ok());
  std::vector<ImprovementReport> improvements;
  const auto equalized = EqualizeLayers(**model, bytes, nullptr, improvements);
  ASSERT_TRUE(equalized.ok()) << equalized.status();
  ASSERT_FALSE(improvements.empty());
  // w0 alone has 864 bytes; only the table of buffers may differ.
  EXPECT_NEAR(static_cast<double>(equalized->size()), static_cast<double>(bytes.size()), 256);
}

TEST(EqualizeLayersTest, OnlyWhereAFactorPasses) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4});
  int h = x;
  for (const Activation activation : {Activation::kRelu6, Activation::kNone}) {
    const int w = b.Constant<float>("w", {4, 4}, Wave(16, 0.7f));
    const int y = b.Tensor("h", DataType::kFloat32, {1, 4});
    b.Op(BuiltinOp::kFullyConnected, 1, {h, w, kAbsentTensor}, {y},
         FullyConnectedOptions{.activation = activation});
    h = y;
  }
  b.Output(h);
  const std::string bytes = b.Build();
  const auto model = ReadModel(bytes);
  ASSERT_TRUE(model.ok());
  std::vector<ImprovementReport> improvements;
  ASSERT_TRUE(EqualizeLayers(**model, bytes, nullptr, improvements).ok());
  EXPECT_TRUE(improvements.empty());
}

absl::StatusOr<QuantizedModel> Quantize(const QuantizeOptions& options) {
  static const std::vector<float>* const values = new std::vector<float>(Wave(75, 0.37f));
  const CalibrationSample sample{{{"x", DataType::kFloat32, Shape({1, 5, 5, 3}), Bytes(*values)}}};
  QuantizeResources resources;
  resources.samples = absl::MakeConstSpan(&sample, 1);
  return QuantizeModel(Network().Build(), options, resources);
}

TEST(ImprovementsTest, EqualizationHelpsWeightsOfOneScale) {
  QuantizeOptions options{.mode = QuantizationMode::kFullInteger, .per_channel = false};
  const auto plain = Quantize(options);
  options.cross_layer_equalization = true;
  const auto equalized = Quantize(options);
  ASSERT_TRUE(plain.ok() && equalized.ok()) << plain.status() << equalized.status();
  EXPECT_GT(equalized->report.outputs[0].error.sqnr_db, plain->report.outputs[0].error.sqnr_db + 3);
  EXPECT_EQ(equalized->report.improvements.size(), 2);
}

TEST(ImprovementsTest, LayersAreComparedWithTheEqualizedOnes) {
  const auto equalized = Quantize({.mode = QuantizationMode::kFullInteger,
                                   .per_channel = false,
                                   .cross_layer_equalization = true});
  ASSERT_TRUE(equalized.ok()) << equalized.status();
  ASSERT_EQ(equalized->report.layers.size(), 3);
  for (const LayerReport& layer : equalized->report.layers) {
    ASSERT_TRUE(layer.measured) << layer.tensor;
    EXPECT_GT(layer.error.sqnr_db, 20) << layer.tensor;
    EXPECT_GT(layer.error.cosine, 0.99) << layer.tensor;
  }
}

TEST(ImprovementsTest, BiasCorrectionTakesTheMeanErrorOut) {
  // All inputs are 1: the error of the weights is the same for every sample.
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 64});
  std::vector<float> weights(64, 0.0039f);  // rounds to 0
  weights[0] = 1;
  const int w = b.Constant<float>("w", {1, 64}, weights);
  const int bias = b.Constant<float>("b", {1}, {0.25f});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 1});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, bias}, {y}, FullyConnectedOptions{});
  b.Output(y);
  const std::vector<float> ones(64, 1.0f);
  const CalibrationSample sample{{{"x", DataType::kFloat32, Shape({1, 64}), Bytes(ones)}}};
  QuantizeResources resources;
  resources.samples = absl::MakeConstSpan(&sample, 1);
  for (const bool correct : {false, true}) {
    const auto quantized = QuantizeModel(
        b.Build(), {.mode = QuantizationMode::kInt16x8, .bias_correction = correct}, resources);
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    const double error = quantized->report.outputs[0].error.max_abs;
    if (!correct) {
      EXPECT_NEAR(error, 63 * 0.0039, 0.01);
      continue;
    }
    EXPECT_LT(error, 0.001);
    ASSERT_EQ(quantized->report.improvements.size(), 1);
    EXPECT_EQ(quantized->report.improvements[0].kind, "bias-correction");
    EXPECT_EQ(quantized->report.improvements[0].tensor, "b");
    EXPECT_NEAR(quantized->report.improvements[0].before, 63 * 0.0039, 0.001);
  }
}

}  // namespace
}  // namespace octet
