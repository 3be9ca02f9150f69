// Full integer and int16x8 over the public face.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/model/model.h"
#include "octet/quantize.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr QuantizationMode kFullInteger = QuantizationMode::kFullInteger;
constexpr QuantizationMode kInt16x8 = QuantizationMode::kInt16x8;

std::vector<float> Wave(size_t count, float step) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = std::sin(step * static_cast<float>(i + 1));
  return values;
}

// x [1,8] -> FULLY_CONNECTED (4 units, RELU) -> h -> `middle` -> y.
ModelBuilder Network(BuiltinOp middle = BuiltinOp::kAbs) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 8});
  const int w = b.Constant<float>("w", {4, 8}, Wave(32, 0.7f));
  const int bias = b.Constant<float>("b", {4}, {0.1f, -0.2f, 0.3f, 0});
  const int h = b.Tensor("h", DataType::kFloat32, {1, 4});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 4});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, bias}, {h},
       FullyConnectedOptions{.activation = Activation::kRelu});
  b.Op(middle, 1, {h}, {y});
  b.Output(y);
  b.Signature("serving_default", {{"image", x}}, {{"scores", y}});
  return b;
}

absl::Span<const std::byte> Bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(float)};
}

// Samples of one input, which own their data.
class Samples {
 public:
  explicit Samples(std::vector<std::vector<float>> values, const std::string& name = "image")
      : values_(std::move(values)) {
    for (const std::vector<float>& v : values_) {
      const Shape shape({1, static_cast<int32_t>(v.size())});
      list_.push_back({{{name, DataType::kFloat32, shape, Bytes(v)}}});
    }
  }
  std::vector<CalibrationSample>& list() { return list_; }

 private:
  std::vector<std::vector<float>> values_;
  std::vector<CalibrationSample> list_;
};

Samples TwoSamples() { return Samples({Wave(8, 1.1f), Wave(8, 2.3f)}); }

absl::StatusOr<QuantizedModel> Quantize(const ModelBuilder& b, const QuantizeOptions& options,
                                        Samples samples) {
  QuantizeResources resources;
  resources.samples = samples.list();
  return QuantizeModel(b.Build(), options, resources);
}

std::shared_ptr<const Model> Reread(const QuantizedModel& quantized) {
  const auto model = ReadModel(quantized.bytes);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? *model : nullptr;
}

std::vector<BuiltinOp> Kinds(const Model& model) {
  std::vector<BuiltinOp> kinds;
  for (const OperatorDef& op : model.main().operators) kinds.push_back(op.op);
  return kinds;
}

const TensorReport& Row(const QuantizeReport& report, const std::string& tensor) {
  for (const TensorReport& row : report.tensors) {
    if (row.tensor == tensor) return row;
  }
  ADD_FAILURE() << "no row of " << tensor;
  return report.tensors[0];
}

void ExpectError(const absl::StatusOr<QuantizedModel>& result, absl::StatusCode code,
                 const std::string& message) {
  EXPECT_EQ(result.status().code(), code);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(message));
}
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(FullIntegerTest, FloatEdgesKeepNamesAndSignature) {
  const auto quantized = Quantize(Network(), {.mode = kFullInteger}, TwoSamples());
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  EXPECT_THAT(Kinds(*model), ElementsAre(BuiltinOp::kQuantize, BuiltinOp::kFullyConnected,
                                         BuiltinOp::kAbs, BuiltinOp::kDequantize));
  const SubgraphDef& graph = model->main();
  EXPECT_EQ(graph.tensors[graph.inputs[0]].name, "x");
  EXPECT_EQ(graph.tensors[graph.inputs[0]].type, DataType::kFloat32);
  EXPECT_EQ(graph.tensors[graph.outputs[0]].type, DataType::kFloat32);
  EXPECT_EQ(model->signatures()[0].inputs[0].first, "image");
  EXPECT_EQ(model->signatures()[0].outputs[0].second, graph.outputs[0]);
}

TEST(FullIntegerTest, IntegerEdges) {
  for (const auto& [edge, type, shift] : {std::tuple(EdgeType::kInt8, DataType::kInt8, 0),
                                          std::tuple(EdgeType::kUint8, DataType::kUint8, 128)}) {
    const auto quantized = Quantize(
        Network(), {.mode = kFullInteger, .input_type = edge, .output_type = edge}, TwoSamples());
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    const auto model = Reread(*quantized);
    const SubgraphDef& graph = model->main();
    EXPECT_EQ(graph.operators.size(), shift == 0 ? 2 : 4);
    const TensorReport& x = Row(quantized->report, "x");
    const TensorDef& input = graph.tensors[graph.inputs[0]];
    EXPECT_EQ(input.name, "x");
    EXPECT_EQ(input.type, type);
    EXPECT_EQ(input.quantization.zero_point[0], x.zero_point + shift);
    EXPECT_EQ(graph.tensors[graph.outputs[0]].type, type);
    EXPECT_EQ(graph.tensors[graph.outputs[0]].name, "y");
  }
}

TEST(FullIntegerTest, AnswersLikeTheFloatModel) {
  for (const QuantizationMode mode : {kFullInteger, kInt16x8}) {
    const auto quantized = Quantize(Network(), {.mode = mode}, TwoSamples());
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    const auto expected = testing::RunValues<float, float>(Network().Build(), {Wave(8, 2.3f)});
    const auto got = testing::RunValues<float, float>(quantized->bytes, {Wave(8, 2.3f)});
    ASSERT_EQ(got.size(), 4);
    for (int i = 0; i < 4; ++i) {
      // A step of the output, and a hundredth of the sum for the weights.
      EXPECT_NEAR(got[i], expected[i], mode == kFullInteger ? 0.05 : 0.03);
    }
  }
}

TEST(FullIntegerTest, ReportSaysRangesAndTheirSamples) {
  Samples samples({{0, 0, 0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0, -3, 0}, {0, 0, 0, 0, 0, 2, 0, 0}});
  const auto quantized = Quantize(Network(), {.mode = kFullInteger}, samples);
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const TensorReport& x = Row(quantized->report, "x");
  EXPECT_EQ(x.role, TensorRole::kActivation);
  EXPECT_TRUE(x.quantized);
  EXPECT_EQ(x.min, -3);
  EXPECT_EQ(x.max, 2);
  EXPECT_EQ(x.min_sample, 1);
  EXPECT_EQ(x.max_sample, 2);
  EXPECT_FLOAT_EQ(x.scale, 5.0f / 255);
  EXPECT_NEAR(x.range_min, -3, 0.02);
  EXPECT_NEAR(x.range_max, 2, 0.02);
  EXPECT_EQ(Row(quantized->report, "w").role, TensorRole::kWeight);
  EXPECT_EQ(Row(quantized->report, "w").scales, 4);
  EXPECT_EQ(Row(quantized->report, "b").role, TensorRole::kBias);
  EXPECT_EQ(Row(quantized->report, "b").type, DataType::kInt32);
  EXPECT_EQ(quantized->report.samples, 3);
}

TEST(FullIntegerTest, ReportSaysWhatItCosts) {
  for (const QuantizationMode mode : {kFullInteger, kInt16x8}) {
    const auto quantized = Quantize(Network(), {.mode = mode}, TwoSamples());
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    const QuantizeReport& report = quantized->report;
    ASSERT_EQ(report.layers.size(), 2);
    EXPECT_EQ(report.layers[0].op, "FULLY_CONNECTED");
    EXPECT_EQ(report.layers[0].tensor, "h");
    EXPECT_TRUE(report.layers[0].quantized);
    for (const LayerReport& layer : report.layers) {
      EXPECT_TRUE(layer.measured);
      EXPECT_GT(layer.error.sqnr_db, 25);
      EXPECT_GT(layer.error.cosine, 0.99);
      EXPECT_LT(layer.error.max_abs, 0.05);
      EXPECT_GT(layer.error.max_abs, 0);
    }
    ASSERT_EQ(report.outputs.size(), 1);
    EXPECT_EQ(report.outputs[0].output, "scores");
    EXPECT_EQ(report.outputs[0].agreement, 1);
    for (const char* tensor : {"x", "h", "y"}) {
      const std::vector<int64_t>& histogram = Row(report, tensor).histogram;
      ASSERT_EQ(histogram.size(), 64) << tensor;
      int64_t count = 0;
      for (const int64_t bin : histogram) count += bin;
      EXPECT_EQ(count, 2 * Row(report, tensor).elements);
      EXPECT_GT(histogram.front(), 0);
      EXPECT_GT(histogram.back(), 0);
    }
  }
}

TEST(FullIntegerTest, MeasuringCanBeLeftOut) {
  const auto quantized =
      Quantize(Network(), {.mode = kFullInteger, .measure_error = false}, TwoSamples());
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_FALSE(quantized->report.layers[0].measured);
  EXPECT_TRUE(quantized->report.outputs.empty());
}

TEST(ConstantModesTest, ErrorIsMeasuredWhereThereAreSamples) {
  for (const QuantizationMode mode : {QuantizationMode::kDynamicRange, QuantizationMode::kFloat16,
                                      QuantizationMode::kWeightOnly}) {
    const auto quantized =
        Quantize(Network(), {.mode = mode, .min_weight_elements = 1}, TwoSamples());
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    ASSERT_EQ(quantized->report.layers.size(), 2);
    EXPECT_TRUE(quantized->report.layers[0].quantized);
    EXPECT_TRUE(quantized->report.layers[0].measured);
    EXPECT_GT(quantized->report.layers[0].error.sqnr_db, 25);
    EXPECT_FALSE(quantized->report.layers[1].quantized);
    ASSERT_EQ(quantized->report.outputs.size(), 1);
  }
}

TEST(FullIntegerTest, OperatorWithoutKernelStaysFloat) {
  const auto quantized = Quantize(Network(BuiltinOp::kSin), {.mode = kFullInteger}, TwoSamples());
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_THAT(Kinds(*Reread(*quantized)),
              ElementsAre(BuiltinOp::kQuantize, BuiltinOp::kFullyConnected, BuiltinOp::kDequantize,
                          BuiltinOp::kSin));
  EXPECT_EQ(Row(quantized->report, "y").reason, "SIN stays float: no int8 kernel for SIN");
  ExpectError(Quantize(Network(BuiltinOp::kSin),
                       {.mode = kFullInteger, .require_full_integer = true}, TwoSamples()),
              absl::StatusCode::kFailedPrecondition, "operator 1 (SIN) stays float");
}

TEST(FullIntegerTest, FloatOperatorAtAnIntegerEdge) {
  const auto quantized =
      Quantize(Network(BuiltinOp::kSin), {.mode = kFullInteger, .output_type = EdgeType::kInt8},
               TwoSamples());
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  EXPECT_THAT(Kinds(*model),
              ElementsAre(BuiltinOp::kQuantize, BuiltinOp::kFullyConnected, BuiltinOp::kDequantize,
                          BuiltinOp::kSin, BuiltinOp::kQuantize));
  EXPECT_EQ(model->main().tensors[model->main().outputs[0]].name, "y");
  EXPECT_EQ(model->main().tensors[model->main().outputs[0]].type, DataType::kInt8);
}

TEST(FullIntegerTest, NothingButTheInputIsReal) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 8});
  const int y = b.Tensor("y", DataType::kInt32, {2});
  b.Op(BuiltinOp::kShape, 1, {x}, {y});
  b.Output(y);
  const auto quantized = Quantize(b, {.mode = kFullInteger, .input_type = EdgeType::kInt8},
                                  Samples({Wave(8, 1)}, "x"));
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_EQ(Reread(*quantized)->main().tensors[0].type, DataType::kInt8);
  EXPECT_TRUE(quantized->report.compatibility.fully_int8());
}

TEST(FullIntegerTest, Selection) {
  QuantizeOptions options{.mode = kFullInteger};
  options.selection.exclude_ops = {"ABS"};
  auto quantized = Quantize(Network(), options, TwoSamples());
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_EQ(Row(quantized->report, "y").reason, "ABS stays float: excluded operator");
  options.selection = {.exclude_tensors = {"h"}};
  quantized = Quantize(Network(), options, TwoSamples());
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_THAT(Kinds(*Reread(*quantized)), ElementsAre(BuiltinOp::kFullyConnected, BuiltinOp::kAbs));
}

TEST(FullIntegerTest, SameFileOnAnyNumberOfThreads) {
  QuantizeResources one;
  Samples samples = TwoSamples();
  one.samples = samples.list();
  QuantizeResources many = one;
  many.pool = std::make_shared<ThreadPool>(3);
  const std::string bytes = Network().Build();
  const auto a = QuantizeModel(bytes, {.mode = kFullInteger}, one);
  const auto b = QuantizeModel(bytes, {.mode = kFullInteger}, many);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->bytes, b->bytes);
}

TEST(FullIntegerTest, EveryCalibrationMethodGivesAModel) {
  for (const CalibrationMethod method :
       {CalibrationMethod::kMinMax, CalibrationMethod::kMovingAverage,
        CalibrationMethod::kPercentile, CalibrationMethod::kMse}) {
    const auto quantized = Quantize(
        Network(), {.mode = kFullInteger, .calibration = {.method = method}}, TwoSamples());
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    EXPECT_TRUE(testing::CompileBytes(quantized->bytes).ok());
  }
}

TEST(CalibrationErrorsTest, SamplesAreChecked) {
  const QuantizeOptions options{.mode = kFullInteger};
  ExpectError(QuantizeModel(Network().Build(), options), kInvalid,
              "mode full-integer needs calibration samples; there are none");
  ExpectError(Quantize(Network(), options, Samples({Wave(8, 1)}, "x")), kInvalid,
              "sample 0, input 'x': the model has no such input; it has image");
  ExpectError(Quantize(Network(), options, Samples({Wave(8, 1), Wave(7, 1)})), kInvalid,
              "sample 1, input 'image' has shape [1,7]; the model takes [1,8]");

  Samples samples = TwoSamples();
  samples.list()[1].inputs[0].type = DataType::kInt32;
  ExpectError(Quantize(Network(), options, samples), kInvalid,
              "sample 1, input 'image' is INT32; the model takes FLOAT32");
  samples = TwoSamples();
  samples.list()[0].inputs.push_back(samples.list()[0].inputs[0]);
  ExpectError(Quantize(Network(), options, samples), kInvalid,
              "sample 0, input 'image' is there twice");
  samples = TwoSamples();
  samples.list()[1].inputs.clear();
  ExpectError(Quantize(Network(), options, samples), kInvalid,
              "sample 1: input 'image' is missing");
  samples = TwoSamples();
  samples.list()[0].inputs[0].data.remove_suffix(4);
  ExpectError(Quantize(Network(), options, samples), kInvalid,
              "sample 0, input 'image' has 28 bytes; its shape and type need 32");
  std::vector<float> bad = Wave(8, 1);
  bad[5] = std::numeric_limits<float>::quiet_NaN();
  ExpectError(Quantize(Network(), options, Samples({bad})), kInvalid,
              "sample 0, input 'image': element 5 is nan");
}

TEST(CalibrationErrorsTest, ActivationThatIsNotFinite) {
  ExpectError(Quantize(Network(BuiltinOp::kLog), {.mode = kFullInteger}, TwoSamples()), kInvalid,
              "tensor 4 'y': element ");
}

TEST(CalibrationErrorsTest, WeightThatIsNotFinite) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 8});
  std::vector<float> weights = Wave(32, 0.7f);
  weights[9] = std::numeric_limits<float>::infinity();
  const int w = b.Constant<float>("w", {4, 8}, weights);
  const int y = b.Tensor("y", DataType::kFloat32, {1, 4});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  Samples samples({std::vector<float>(8, 1.0f)}, "x");
  const auto quantized = Quantize(b, {.mode = kFullInteger}, samples);
  EXPECT_EQ(quantized.status().code(), kInvalid);
  EXPECT_THAT(std::string(quantized.status().message()), HasSubstr("'w': element 9 is inf"));
}

TEST(CalibrationErrorsTest, WeightsWhoseProductsHaveNoScale) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2});
  const int w = b.Constant<float>("w", {1, 2}, {0, 3e38f});
  const int bias = b.Constant<float>("b", {1}, {0});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 1});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, bias}, {y}, FullyConnectedOptions{});
  b.Output(y);
  // What is large meets 0: nothing overflows but the scale.
  const auto quantized = Quantize(b, {.mode = kFullInteger}, Samples({{4e4f, 0}, {-4e4f, 0}}, "x"));
  ExpectError(quantized, kInvalid, "'b': the scale of its input");
}

TEST(CalibrationErrorsTest, CancelledWhileCalibrating) {
  Samples samples = TwoSamples();
  QuantizeResources resources;
  resources.samples = samples.list();
  resources.progress = [](const QuantizeProgress& p) {
    return p.stage != QuantizeStage::kCalibrate || p.fraction < 0.1;
  };
  ExpectError(QuantizeModel(Network().Build(), {.mode = kFullInteger}, resources),
              absl::StatusCode::kCancelled, "while calibrating");
}

TEST(Int16x8Test, TypesAndBias) {
  const auto quantized = Quantize(Network(), {.mode = kInt16x8}, TwoSamples());
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  const auto model = Reread(*quantized);
  const OperatorDef& product = model->main().operators[1];
  EXPECT_EQ(model->main().tensors[product.inputs[0]].type, DataType::kInt16);
  EXPECT_EQ(model->main().tensors[product.inputs[1]].type, DataType::kInt8);
  EXPECT_EQ(model->main().tensors[product.inputs[2]].type, DataType::kInt64);
}

}  // namespace
}  // namespace octet
