// Reports from the field about calibrated quantization: the quantizer's part of H09 and H12.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "octet/quantize.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Span<const std::byte> Bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float)};
}

// Two inputs of one shape, which the file lists as b, a: y = a - b.
ModelBuilder Difference() {
  ModelBuilder builder;
  const int b = builder.Input("b", DataType::kFloat32, {4});
  const int a = builder.Input("a", DataType::kFloat32, {4});
  const int y = builder.Tensor("y", DataType::kFloat32, {4});
  builder.Op(BuiltinOp::kSub, 1, {a, b}, {y}, AddOptions{});
  builder.Output(y);
  return builder;
}

TEST(CalibrationTest, H12SamplesAreMatchedByName) {
  const std::vector<float> small = {0, 0.25f, 0.5f, 1};
  const std::vector<float> large = {-100, 100, 50, 0};
  // The author's order, not the file's.
  const CalibrationSample sample{{{"a", DataType::kFloat32, Shape({4}), Bytes(small)},
                                  {"b", DataType::kFloat32, Shape({4}), Bytes(large)}}};
  QuantizeResources resources;
  resources.samples = absl::MakeConstSpan(&sample, 1);
  for (const QuantizationMode mode : {QuantizationMode::kFullInteger, QuantizationMode::kInt16x8}) {
    const auto quantized = QuantizeModel(Difference().Build(), {.mode = mode}, resources);
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    const float steps = mode == QuantizationMode::kFullInteger ? 255 : 32767;
    for (const TensorReport& row : quantized->report.tensors) {
      const float width = mode == QuantizationMode::kFullInteger ? 200 : 100;
      if (row.tensor == "a") {
        EXPECT_FLOAT_EQ(row.scale, 1 / steps);
      } else if (row.tensor == "b") {
        EXPECT_FLOAT_EQ(row.scale, width / steps);
      }
    }
  }
}

TEST(CalibrationTest, H12OneNameForBothIsRefused) {
  const std::vector<float> values(4);
  CalibrationSample sample{{{"a", DataType::kFloat32, Shape({4}), Bytes(values)},
                            {"c", DataType::kFloat32, Shape({4}), Bytes(values)}}};
  QuantizeResources resources;
  resources.samples = absl::MakeConstSpan(&sample, 1);
  const QuantizeOptions options{.mode = QuantizationMode::kFullInteger};
  auto quantized = QuantizeModel(Difference().Build(), options, resources);
  EXPECT_THAT(std::string(quantized.status().message()),
              HasSubstr("sample 0, input 'c': the model has no such input; it has b, a"));
  sample.inputs[1].name = std::string("b");
  sample.inputs[1].shape = Shape({2, 2});
  quantized = QuantizeModel(Difference().Build(), options, resources);
  EXPECT_THAT(std::string(quantized.status().message()),
              HasSubstr("sample 0, input 'b' has shape [2,2]; the model takes [4]"));
}

// Channel 0 all zero, channel 1 all 1e-30: finite scales, and the answer is the bias.
TEST(CalibrationTest, H09DeadChannelsGiveTheBias) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 3, 3, 1});
  std::vector<float> weights(18, 0.0f);
  for (int i = 9; i < 18; ++i) weights[i] = 1e-30f;
  const int w = b.Constant<float>("w", {2, 3, 3, 1}, weights);
  const int bias = b.Constant<float>("bias", {2}, {1.0f, -0.5f});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 1, 1, 2});
  b.Op(BuiltinOp::kConv2d, 1, {x, w, bias}, {y}, Conv2DOptions{.padding = Padding::kValid});
  b.Output(y);
  const std::vector<float> ones(9, 1.0f);
  const CalibrationSample sample{{{"x", DataType::kFloat32, Shape({1, 3, 3, 1}), Bytes(ones)}}};
  QuantizeResources resources;
  resources.samples = absl::MakeConstSpan(&sample, 1);
  for (const QuantizationMode mode : {QuantizationMode::kFullInteger, QuantizationMode::kInt16x8}) {
    const auto quantized = QuantizeModel(b.Build(), {.mode = mode}, resources);
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    const auto got = testing::RunValues<float, float>(quantized->bytes, {ones});
    ASSERT_EQ(got.size(), 2);
    const double step = mode == QuantizationMode::kFullInteger ? 1.5 / 255 : 1.0 / 32767;
    EXPECT_NEAR(got[0], 1.0, step);
    EXPECT_NEAR(got[1], -0.5, step);
  }
}

}  // namespace
}  // namespace octet
