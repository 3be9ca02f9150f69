// Weights that users of other quantizers and runtimes had trouble with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/model.h"
#include "octet/engine.h"
#include "octet/quantize.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::octet::testing::Quant;
using ::testing::Each;
using ::testing::ElementsAre;

// One run of the model's own shape on the one input.
template <typename In, typename Out>
std::vector<Out> RunOnce(const std::string& bytes, const std::vector<In>& input,
                         Rounding rounding = Rounding::kFloat32) {
  const auto model = LoadModel(bytes);
  EXPECT_TRUE(model.ok()) << model.status();
  if (!model.ok()) return {};
  const auto compiled = CompiledModel::Compile(*model, {.rounding = rounding});
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  if (!compiled.ok()) return {};
  const auto context = ExecutionContext::Create(*compiled);
  EXPECT_TRUE(context.ok()) << context.status();
  if (!context.ok()) return {};
  EXPECT_TRUE((*context)
                  ->SetRows((*compiled)->description().batchable
                                ? (*model)->main().tensors[0].shape.dim(0)
                                : 1)
                  .ok());
  EXPECT_EQ((*context)->input(0).size(), input.size() * sizeof(In));
  if ((*context)->input(0).size() != input.size() * sizeof(In)) return {};
  std::memcpy((*context)->input(0).data(), input.data(), input.size() * sizeof(In));
  EXPECT_TRUE((*context)->Run().ok());
  std::vector<Out> output((*context)->output(0).size() / sizeof(Out));
  std::memcpy(output.data(), (*context)->output(0).data(), output.size() * sizeof(Out));
  return output;
}

// "Why are some weights still float?": the report answers for each tensor.
TEST(WeightsTest, H08ReportSaysWhichStayFloatAndWhy) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 32});
  for (const int units : {31, 32, 33}) {
    const int w = b.Constant<float>(absl::StrCat("w", units), {units, 32},
                                    std::vector<float>(units * 32, 0.25f));
    const int y = b.Tensor("y", DataType::kFloat32, {1, units});
    b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
    b.Output(y);
  }
  const auto quantized = QuantizeModel(b.Build(), {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto& rows = quantized->report.tensors;
  ASSERT_EQ(rows.size(), 3);
  EXPECT_EQ(rows[0].tensor, "w31");
  EXPECT_FALSE(rows[0].quantized);
  EXPECT_EQ(rows[0].reason, "992 elements, fewer than 1024");
  EXPECT_EQ(rows[0].bytes_before, rows[0].bytes_after);
  EXPECT_TRUE(rows[1].quantized);
  EXPECT_EQ(rows[1].elements, 1024);
  EXPECT_TRUE(rows[2].quantized);
  EXPECT_LT(rows[2].bytes_after, rows[2].bytes_before);
}

// Convolution 3x3x16x16 whose channel 0 is pruned and whose channel 1 is of denormal size.
TEST(WeightsTest, H09DeadChannelsGiveTheBias) {
  ModelBuilder b;
  std::vector<float> weights(16 * 9 * 16);
  for (size_t i = 0; i < weights.size(); ++i) {
    const size_t channel = i / (9 * 16);
    weights[i] = channel == 0 ? 0.0f : channel == 1 ? 1e-30f : 0.01f * (1 + i % 7);
  }
  std::vector<float> bias(16);
  for (int c = 0; c < 16; ++c) bias[c] = 0.5f + c;
  const int x = b.Input("x", DataType::kFloat32, {1, 4, 4, 16});
  const int w = b.Constant<float>("w", {16, 3, 3, 16}, weights);
  const int c = b.Constant<float>("b", {16}, bias);
  const int y = b.Tensor("y", DataType::kFloat32, {1, 4, 4, 16});
  b.Op(BuiltinOp::kConv2d, 1, {x, w, c}, {y}, Conv2DOptions{});
  b.Output(y);
  const auto quantized = QuantizeModel(b.Build(), {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = ReadModel(quantized->bytes);
  ASSERT_TRUE(model.ok()) << model.status();
  const TensorDef& stored = (*model)->main().tensors[w];
  EXPECT_EQ(stored.quantization.scale[0], 3.937008e-09f);
  EXPECT_EQ(stored.quantization.scale[1], 3.937008e-09f);
  EXPECT_THAT(stored.values<int8_t>().subspan(0, 2 * 9 * 16), Each(0));
  const auto codes = stored.values<int8_t>();
  EXPECT_EQ(*std::min_element(codes.begin(), codes.end()), 0);
  EXPECT_EQ(*std::max_element(codes.begin(), codes.end()), 127);

  const auto out = RunOnce<float, float>(quantized->bytes, std::vector<float>(256, 1.5f));
  ASSERT_EQ(out.size(), 256);
  for (size_t i = 0; i < out.size(); ++i) {
    if (i % 16 < 2) {
      EXPECT_EQ(out[i], bias[i % 16]) << i;
    } else {
      EXPECT_TRUE(std::isfinite(out[i])) << i;
    }
  }
}

// A file of another writer whose dead channel has scale 0.
TEST(WeightsTest, H09ScaleZeroOfAnotherWriter) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 1}, Quant(0.1f, 0));
  const int w = b.Constant<int8_t>("w", {2, 1}, {0, 10}, Quant({0.0f, 0.01f}, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, 2}, Quant(0.01f, 0));
  b.Op(BuiltinOp::kFullyConnected, 4, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  for (const Rounding rounding : {Rounding::kFloat32, Rounding::kFixedPoint}) {
    EXPECT_THAT((RunOnce<int8_t, int8_t>(b.Build(), {100}, rounding)), ElementsAre(0, 100));
  }
}

// Scales of a FULLY_CONNECTED may be one for each unit.
TEST(WeightsTest, H10PerAxisFullyConnected) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 2}, Quant(1.0f, 0));
  const int w = b.Constant<int8_t>("w", {2, 2}, {100, 100, 1, 1}, Quant({0.01f, 1.0f}, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, 2}, Quant(1.0f, 0));
  b.Op(BuiltinOp::kFullyConnected, 5, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  for (const Rounding rounding : {Rounding::kFloat32, Rounding::kFixedPoint}) {
    EXPECT_THAT((RunOnce<int8_t, int8_t>(b.Build(), {10, 20}, rounding)), ElementsAre(30, 30));
  }
}

// Three-dimensional inputs stay so only where keep_num_dims says it; quantizing keeps the flag.
TEST(WeightsTest, H10KeepNumDims) {
  for (const bool keep : {false, true}) {
    ModelBuilder b;
    const Shape shape = keep ? Shape({2, 3, 256}) : Shape({6, 256});
    const int x = b.Input("x", DataType::kFloat32, {2, 3, 4});
    const int w = b.Constant<float>("w", {256, 4}, std::vector<float>(1024, 0.5f));
    const int y = b.Tensor("y", DataType::kFloat32,
                           std::vector<int32_t>(shape.dims().begin(), shape.dims().end()));
    b.Op(BuiltinOp::kFullyConnected, 5, {x, w, kAbsentTensor}, {y},
         FullyConnectedOptions{.keep_num_dims = keep});
    b.Output(y);
    const auto quantized = QuantizeModel(b.Build(), {});
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    for (const std::string& bytes : {b.Build(), quantized->bytes}) {
      const auto model = LoadModel(bytes);
      ASSERT_TRUE(model.ok()) << model.status();
      const auto compiled = CompiledModel::Compile(*model, {});
      ASSERT_TRUE(compiled.ok()) << compiled.status();
      const auto context = ExecutionContext::Create(*compiled);
      ASSERT_TRUE(context.ok()) << context.status();
      ASSERT_TRUE((*context)->SetRows((*compiled)->description().batchable ? 2 : 1).ok());
      EXPECT_EQ((*context)->output_shape(0), shape) << keep;
    }
  }
}

}  // namespace
}  // namespace octet
