#include "octet/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/model.h"
#include "tests/support/model_builder.h"
#include "tflite_generated.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::octet::testing::Quant;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Weights whose row r is (r + 1) * (0, 1, ..., 126, 127, 0, 1, ...) / 127.
std::vector<float> Ramp(int rows, int columns) {
  std::vector<float> w;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) w.push_back((r + 1) * static_cast<float>(c % 128) / 127);
  }
  return w;
}

// x [2,128] -> FULLY_CONNECTED (8 units, bias) -> ADD of a constant -> y. Tensors: x 0, w 1, b 2,
// c 3, h 4, y 5.
ModelBuilder Network() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2, 128});
  const int w = b.Constant<float>("w", {8, 128}, Ramp(8, 128));
  const int bias = b.Constant<float>("b", {8}, std::vector<float>(8, 0.5f));
  const int c = b.Constant<float>("c", {2, 8}, std::vector<float>(16, 1.0f));
  const int h = b.Tensor("h", DataType::kFloat32, {2, 8});
  const int y = b.Tensor("y", DataType::kFloat32, {2, 8});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, bias}, {h}, FullyConnectedOptions{});
  b.Op(BuiltinOp::kAdd, 1, {h, c}, {y}, AddOptions{});
  b.Output(y);
  b.Signature("serving_default", {{"image", x}}, {{"scores", y}});
  b.ShapeSignature(x, {-1, 128});
  return b;
}

std::shared_ptr<const Model> Reread(const QuantizedModel& quantized) {
  const auto model = ReadModel(quantized.bytes);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? *model : nullptr;
}

TEST(QuantizeModelTest, FullyConnected) {
  const std::string bytes = Network().Build();
  const auto quantized = QuantizeModel(bytes, {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  ASSERT_NE(model, nullptr);
  const SubgraphDef& graph = model->main();
  EXPECT_EQ(model->description(), "Quantized by Octet.");
  ASSERT_EQ(graph.tensors.size(), 6);

  const TensorDef& w = graph.tensors[1];
  EXPECT_EQ(w.name, "w");
  EXPECT_EQ(w.type, DataType::kInt8);
  EXPECT_EQ(w.shape, Shape({8, 128}));
  EXPECT_EQ(w.quantization.quantized_dimension, 0);
  EXPECT_THAT(w.quantization.scale, ElementsAre(1.0f / 127, 2.0f / 127, 3.0f / 127, 4.0f / 127,
                                                5.0f / 127, 6.0f / 127, 7.0f / 127, 8.0f / 127));
  EXPECT_THAT(w.quantization.zero_point, Each(0));
  const auto codes = w.values<int8_t>();
  for (size_t i = 0; i < codes.size(); ++i) ASSERT_EQ(codes[i], i % 128) << i;

  EXPECT_EQ(graph.tensors[0].type, DataType::kFloat32);
  EXPECT_THAT(graph.tensors[0].shape_signature, ElementsAre(-1, 128));
  EXPECT_EQ(graph.tensors[2].type, DataType::kFloat32);
  EXPECT_EQ(graph.tensors[3].type, DataType::kFloat32);
  ASSERT_EQ(graph.operators.size(), 2);
  EXPECT_EQ(graph.operators[0].version, 12);
  EXPECT_TRUE(
      std::get<FullyConnectedOptions>(graph.operators[0].options).asymmetric_quantize_inputs);
  EXPECT_EQ(graph.operators[1].version, 1);
  ASSERT_EQ(model->signatures().size(), 1);
  EXPECT_EQ(model->signatures()[0].inputs[0].first, "image");
}

TEST(QuantizeModelTest, ReportHasEveryConstantThatIsRead) {
  const std::string bytes = Network().Build();
  const auto quantized = QuantizeModel(bytes, {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const QuantizeReport& report = quantized->report;
  EXPECT_EQ(report.bytes_before, bytes.size());
  EXPECT_EQ(report.bytes_after, quantized->bytes.size());
  // Three bytes saved for each weight; a few tables for what is new.
  EXPECT_LT(report.bytes_after, report.bytes_before - 3 * 1024 + 8 * (4 + 8) + 256);
  ASSERT_EQ(report.tensors.size(), 3);
  const TensorReport& w = report.tensors[0];
  EXPECT_EQ(w.tensor, "w");
  EXPECT_EQ(w.op, "FULLY_CONNECTED");
  EXPECT_TRUE(w.quantized);
  EXPECT_EQ(w.reason, "");
  EXPECT_EQ(w.elements, 1024);
  EXPECT_EQ(w.bytes_before, 4096);
  EXPECT_EQ(w.bytes_after, 1024 + 8 * (4 + 8));
  EXPECT_EQ(w.scales, 8);
  EXPECT_EQ(w.quantized_dimension, 0);
  EXPECT_EQ(w.min, 0);
  EXPECT_EQ(w.max, 8);
  EXPECT_GT(w.sqnr_db, 120);  // codes are exact but for the rounding of the scales
  EXPECT_EQ(report.tensors[1].tensor, "b");
  EXPECT_FALSE(report.tensors[1].quantized);
  EXPECT_EQ(report.tensors[1].reason, "bias of FULLY_CONNECTED");
  EXPECT_EQ(report.tensors[1].bytes_after, 32);
  EXPECT_EQ(report.tensors[2].tensor, "c");
  EXPECT_EQ(report.tensors[2].op, "ADD");
  EXPECT_EQ(report.tensors[2].reason, "no hybrid kernel for ADD");
}

TEST(QuantizeModelTest, PerTensor) {
  const auto quantized = QuantizeModel(Network().Build(), {.per_channel = false});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  EXPECT_THAT(model->main().tensors[1].quantization.scale, ElementsAre(8.0f / 127));
  EXPECT_EQ(model->main().operators[0].version, 9);
}

TEST(QuantizeModelTest, SameInputSameFile) {
  const std::string bytes = Network().Build();
  EXPECT_EQ(QuantizeModel(bytes, {})->bytes, QuantizeModel(bytes, {})->bytes);
}

TEST(QuantizeModelTest, ReadsBytesAtAnyAddress) {
  const std::string shifted = "x" + Network().Build();
  EXPECT_TRUE(QuantizeModel(absl::string_view(shifted).substr(1), {}).ok());
}

TEST(QuantizeModelTest, GatherGivesCodesThatAreDequantized) {
  ModelBuilder b;
  const int ids = b.Input("ids", DataType::kInt32, {3});
  const int table = b.Constant<float>("table", {8, 128}, Ramp(8, 128));
  const int rows = b.Tensor("rows", DataType::kFloat32, {3, 128});
  const int y = b.Tensor("y", DataType::kFloat32, {3, 128});
  b.Op(BuiltinOp::kGather, 1, {table, ids}, {rows});
  b.Op(BuiltinOp::kNeg, 1, {rows}, {y});
  b.Output(y);
  const auto quantized = QuantizeModel(b.Build(), {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  const SubgraphDef& graph = model->main();
  ASSERT_EQ(graph.operators.size(), 3);
  const OperatorDef& gather = graph.operators[0];
  EXPECT_EQ(gather.op, BuiltinOp::kGather);
  EXPECT_EQ(gather.version, 2);
  const TensorDef& codes = graph.tensors[gather.outputs[0]];
  EXPECT_EQ(codes.type, DataType::kInt8);
  EXPECT_EQ(codes.quantization, graph.tensors[table].quantization);
  EXPECT_THAT(codes.quantization.scale, ElementsAre(8.0f / 127));
  const OperatorDef& dequantize = graph.operators[1];
  EXPECT_EQ(dequantize.op, BuiltinOp::kDequantize);
  EXPECT_EQ(dequantize.version, 2);
  EXPECT_EQ(dequantize.inputs, gather.outputs);
  EXPECT_THAT(dequantize.outputs, ElementsAre(rows));
  EXPECT_EQ(graph.operators[2].op, BuiltinOp::kNeg);
}

TEST(QuantizeModelTest, BatchMatmul) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2, 8});
  const int w = b.Constant<float>("w", {8, 128}, Ramp(8, 128));
  const int y = b.Tensor("y", DataType::kFloat32, {2, 128});
  b.Op(BuiltinOp::kBatchMatmul, 1, {x, w}, {y});
  b.Output(y);
  const auto quantized = QuantizeModel(b.Build(), {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  EXPECT_EQ(model->main().operators[0].version, 4);
  EXPECT_EQ(model->main().tensors[w].quantization.scale.size(), 1);
  const auto* file = tflite::GetModel(quantized->bytes.data());
  EXPECT_TRUE(file->subgraphs()
                  ->Get(0)
                  ->operators()
                  ->Get(0)
                  ->builtin_options_as_BatchMatMulOptions()
                  ->asymmetric_quantize_inputs());
}

TEST(QuantizeModelTest, OptionsOfAnotherOperatorAreRefused) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2, 8});
  const int w = b.Constant<float>("w", {8, 128}, Ramp(8, 128));
  const int y = b.Tensor("y", DataType::kFloat32, {2, 128});
  b.Op(BuiltinOp::kBatchMatmul, 1, {x, w}, {y}, SoftmaxOptions{});
  b.Output(y);
  const auto quantized = QuantizeModel(b.Build(), {});
  EXPECT_EQ(quantized.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(quantized.status().message()),
              HasSubstr("operator 0 (BATCH_MATMUL): has SoftmaxOptions"));
}

TEST(QuantizeModelTest, WeightThatAnotherReadsAsFloatIsCopied) {
  ModelBuilder b = Network();
  b.Output(1);
  const auto quantized = QuantizeModel(b.Build(), {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  const SubgraphDef& graph = model->main();
  ASSERT_EQ(graph.tensors.size(), 7);
  EXPECT_EQ(graph.tensors[1].type, DataType::kFloat32);
  EXPECT_THAT(graph.operators[0].inputs, ElementsAre(0, 6, 2));
  EXPECT_EQ(graph.tensors[6].type, DataType::kInt8);
  EXPECT_EQ(graph.tensors[6].name, "w/int8");
  EXPECT_THAT(graph.outputs, ElementsAre(5, 1));
  EXPECT_TRUE(quantized->report.tensors[0].quantized);
  EXPECT_EQ(quantized->report.tensors[0].bytes_after, 4096 + 1024 + 8 * (4 + 8));
}

TEST(QuantizeModelTest, TensorsOfOneBufferShareTheCodes) {
  ModelBuilder b = Network();
  const int w2 = b.SameData("w2", 1);
  const int z = b.Tensor("z", DataType::kFloat32, {2, 8});
  b.Op(BuiltinOp::kFullyConnected, 1, {0, w2, kAbsentTensor}, {z}, FullyConnectedOptions{});
  b.Output(z);
  const auto quantized = QuantizeModel(b.Build(), {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  EXPECT_EQ(model->main().tensors[1].data.data(), model->main().tensors[w2].data.data());
  EXPECT_LT(quantized->bytes.size(), 1024 + 2500);
}

TEST(QuantizeModelTest, BodiesOfControlFlow) {
  ModelBuilder b = Network();
  b.Subgraph("body");
  const int x = b.Input("x", DataType::kFloat32, {2, 128});
  const int w = b.Constant<float>("body_w", {8, 128}, Ramp(8, 128));
  const int y = b.Tensor("y", DataType::kFloat32, {2, 8});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  const auto quantized = QuantizeModel(b.Build(), {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  EXPECT_EQ(model->subgraphs()[1].tensors[w].type, DataType::kInt8);
  EXPECT_EQ(quantized->report.tensors.size(), 4);
  EXPECT_EQ(quantized->report.tensors[3].tensor, "body_w");
}

TEST(QuantizeModelTest, NonFiniteWeightIsNamed) {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    ModelBuilder b;
    std::vector<float> weights = Ramp(8, 128);
    weights[700] = bad;
    const int x = b.Input("x", DataType::kFloat32, {2, 128});
    const int w = b.Constant<float>("w", {8, 128}, weights);
    const int y = b.Tensor("y", DataType::kFloat32, {2, 8});
    b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
    b.Output(y);
    const auto quantized = QuantizeModel(b.Build(), {});
    EXPECT_EQ(quantized.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(quantized.status().message()),
                HasSubstr("subgraph 0, tensor 1 'w': element 700 is "));
    // Where it stays float, the weight is none of the quantizer's business.
    EXPECT_TRUE(QuantizeModel(b.Build(), {.min_weight_elements = 2000}).ok());
  }
}

TEST(QuantizeModelTest, RefusesWhatIsQuantizedAlready) {
  const auto once = QuantizeModel(Network().Build(), {});
  ASSERT_TRUE(once.ok());
  const auto twice = QuantizeModel(once->bytes, {});
  EXPECT_EQ(twice.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(twice.status().message()),
              HasSubstr("quantized already: subgraph 0, tensor 1 'w' is INT8"));

  const auto half = QuantizeModel(Network().Build(), {.mode = QuantizationMode::kFloat16});
  ASSERT_TRUE(half.ok()) << half.status();
  const auto again = QuantizeModel(half->bytes, {.mode = QuantizationMode::kFloat16});
  EXPECT_EQ(again.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("FLOAT16 already"));
}

TEST(QuantizeModelTest, Float16KeepsEveryConstantAsHalves) {
  const auto quantized = QuantizeModel(Network().Build(), {.mode = QuantizationMode::kFloat16});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  const SubgraphDef& graph = model->main();
  ASSERT_EQ(graph.operators.size(), 5);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(graph.operators[i].op, BuiltinOp::kDequantize);
    EXPECT_EQ(graph.operators[i].version, 3);
    const TensorDef& half = graph.tensors[graph.operators[i].inputs[0]];
    EXPECT_EQ(half.type, DataType::kFloat16);
    EXPECT_TRUE(half.is_constant);
    EXPECT_FALSE(graph.tensors[graph.operators[i].outputs[0]].is_constant);
  }
  EXPECT_EQ(graph.operators[3].version, 1);
  for (const TensorReport& row : quantized->report.tensors) {
    EXPECT_TRUE(row.quantized);
    EXPECT_EQ(row.type, DataType::kFloat16);
    EXPECT_EQ(row.bytes_after, row.bytes_before / 2);
  }
  EXPECT_EQ(quantized->report.clamped_weights, 0);
}

TEST(QuantizeModelTest, Float16CountsWhatItCutsAndLoses) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {4});
  const int c = b.Constant<float>("c", {4}, {1e6f, -1e5f, 1e-9f, 0});
  const int y = b.Tensor("y", DataType::kFloat32, {4});
  b.Op(BuiltinOp::kAdd, 1, {x, c}, {y}, AddOptions{});
  b.Output(y);
  const auto quantized = QuantizeModel(b.Build(), {.mode = QuantizationMode::kFloat16});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_EQ(quantized->report.clamped_weights, 2);
  EXPECT_EQ(quantized->report.vanished_weights, 1);
}

TEST(QuantizeModelTest, WeightOnlyMakesWeightsFloatRightBeforeTheirReader) {
  const auto quantized = QuantizeModel(Network().Build(), {.mode = QuantizationMode::kWeightOnly});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  const SubgraphDef& graph = model->main();
  ASSERT_EQ(graph.operators.size(), 3);
  EXPECT_EQ(graph.operators[0].op, BuiltinOp::kDequantize);
  EXPECT_EQ(graph.operators[0].version, 5);
  const TensorDef& codes = graph.tensors[graph.operators[0].inputs[0]];
  EXPECT_EQ(codes.type, DataType::kInt8);
  EXPECT_EQ(codes.quantization.scale.size(), 8);
  EXPECT_EQ(graph.operators[1].op, BuiltinOp::kFullyConnected);
  EXPECT_EQ(graph.operators[1].version, 1);
  EXPECT_EQ(graph.operators[1].inputs[1], graph.operators[0].outputs[0]);
  EXPECT_TRUE(graph.tensors[graph.operators[1].inputs[2]].is_constant);  // the bias
  EXPECT_FALSE(quantized->report.tensors[1].quantized);
}

// The same codes as from the float32 model whose weights are those halves.
TEST(QuantizeModelTest, Float16SourceIsWidened) {
  const auto half = QuantizeModel(Network().Build(), {.mode = QuantizationMode::kFloat16});
  ASSERT_TRUE(half.ok());
  const auto quantized = QuantizeModel(half->bytes, {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  ASSERT_EQ(model->main().operators.size(), 2);
  const TensorDef& w = model->main().tensors[model->main().operators[0].inputs[1]];
  EXPECT_EQ(w.type, DataType::kInt8);
  EXPECT_EQ(w.quantization.scale.size(), 8);
  EXPECT_FLOAT_EQ(w.quantization.scale[0], 1.0f / 127);
}

TEST(QuantizeModelTest, SelectionByOperatorAndTensor) {
  const std::string bytes = Network().Build();
  const auto reason = [&](const QuantizeSelection& selection) {
    const auto quantized = QuantizeModel(bytes, {.selection = selection});
    EXPECT_TRUE(quantized.ok()) << quantized.status();
    return quantized->report.tensors[0].reason;
  };
  EXPECT_EQ(reason({.include_ops = {"FULLY_*"}}), "");
  EXPECT_EQ(reason({.include_ops = {"h"}}), "");  // by its output
  EXPECT_EQ(reason({.include_ops = {"CONV_2D"}}), "not among the included operators");
  EXPECT_EQ(reason({.exclude_ops = {"FULLY_CONNECTED"}}), "excluded operator");
  EXPECT_EQ(reason({.exclude_tensors = {"?"}}), "excluded tensor");
  EXPECT_EQ(reason({.include_tensors = {"x*"}}), "not among the included tensors");
}

TEST(QuantizeModelTest, BadInput) {
  EXPECT_EQ(QuantizeModel("no model", {}).status().code(), absl::StatusCode::kInvalidArgument);
  const auto options = QuantizeModel(Network().Build(), {.min_weight_elements = -1});
  EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(options.status().message()), HasSubstr("min_weight_elements is -1"));
}

TEST(QuantizeModelTest, ProgressAndCancel) {
  const std::string bytes = Network().Build();
  std::vector<std::string> seen;
  QuantizeResources resources;
  double last = 0;
  resources.progress = [&](const QuantizeProgress& progress) {
    EXPECT_GE(progress.fraction, last);
    EXPECT_LE(progress.fraction, 1);
    last = progress.fraction;
    if (progress.stage == QuantizeStage::kQuantize) seen.push_back(std::string(progress.tensor));
    return true;
  };
  ASSERT_TRUE(QuantizeModel(bytes, {}, resources).ok());
  EXPECT_THAT(seen, ElementsAre("w", "b", "c"));
  resources.progress = [](const QuantizeProgress& progress) { return progress.tensor != "b"; };
  const auto cancelled = QuantizeModel(bytes, {}, resources);
  EXPECT_EQ(cancelled.status().code(), absl::StatusCode::kCancelled);
}

TEST(QuantizeModelTest, KeepsTheRestOfTheFile) {
  ModelBuilder b = Network();
  b.raw().metadata.push_back(std::make_unique<tflite::MetadataT>());
  b.raw().metadata[0]->name = "note";
  b.raw().metadata[0]->buffer = static_cast<uint32_t>(b.raw().buffers.size());
  b.raw().buffers.push_back(std::make_unique<tflite::BufferT>());
  b.raw().buffers.back()->data = {1, 2, 3};
  b.CustomOp("Mine", {5}, {b.Tensor("z", DataType::kFloat32, {2, 8})});
  b.raw().subgraphs[0]->operators[2]->custom_options = {7, 8};
  const auto quantized = QuantizeModel(b.Build(), {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const std::unique_ptr<tflite::ModelT> file(tflite::GetModel(quantized->bytes.data())->UnPack());
  ASSERT_EQ(file->metadata.size(), 1);
  EXPECT_EQ(file->metadata[0]->name, "note");
  EXPECT_THAT(file->buffers[file->metadata[0]->buffer]->data, ElementsAre(1, 2, 3));
  EXPECT_THAT(file->subgraphs[0]->operators[2]->custom_options, ElementsAre(7, 8));
  EXPECT_EQ(file->operator_codes[2]->custom_code, "Mine");
}

}  // namespace
}  // namespace octet
