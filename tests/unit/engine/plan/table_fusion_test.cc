#include "engine/plan/table_fusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "engine/plan/run_ahead.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using testing::ModelBuilder;
using testing::Quant;

constexpr int32_t kWidth = 256;
const Quant kInput(0.05f, -7);

absl::StatusOr<std::shared_ptr<const Graph>> Prepare(const ModelBuilder& builder,
                                                     const GraphOptions& options) {
  auto model = ReadModel(builder.Build());
  if (!model.ok()) return model.status();
  auto prepared = PrepareProgram(*std::move(model), options);
  if (!prepared.ok()) return prepared.status();
  std::shared_ptr<const Program> program = *std::move(prepared);
  return std::shared_ptr<const Graph>(program, &program->main());
}

GraphOptions Options(Rounding rounding, bool keep_every_tensor, const char* isa = "auto") {
  GraphOptions options;
  options.isas = *AllowedIsas(isa);
  options.rounding = rounding;
  options.keep_every_tensor = keep_every_tensor;
  return options;
}

std::vector<std::string> Names(const ModelBuilder& builder, bool keep_every_tensor = false) {
  const auto graph = Prepare(builder, Options(Rounding::kFloat32, keep_every_tensor));
  if (!graph.ok()) return {std::string(graph.status().message())};
  std::vector<std::string> names;
  for (const GraphStep& step : (*graph)->steps) names.push_back(StepName(step));
  return names;
}

// Runs the steps of a graph of tensors of one shape and scalar constants on its one input.
std::vector<std::byte> RunSteps(const Graph& graph, absl::Span<const uint8_t> codes) {
  std::vector<std::vector<std::byte>> values(graph.tensors.size());
  for (size_t t = 0; t < values.size(); ++t) {
    const TensorDef& tensor = graph.tensors[t];
    values[t].resize(tensor.shape.num_elements() * DataTypeSize(tensor.type) +
                     ops::kInputOverReadBytes);
    if (tensor.is_constant) {
      std::copy(tensor.data.begin(), tensor.data.end(), values[t].begin());
    }
  }
  std::memcpy(values[graph.inputs[0]].data(), codes.data(), codes.size());
  for (const GraphStep& step : graph.steps) {
    std::vector<const void*> inputs;
    std::vector<Shape> shapes;
    for (int32_t t : step.inputs) {
      inputs.push_back(values[t].data());
      shapes.push_back(graph.tensors[t].shape);
    }
    void* const outputs[] = {values[step.outputs[0]].data()};
    EXPECT_TRUE(
        RunAhead(*step.op, inputs, shapes, outputs, {graph.tensors[step.outputs[0]].shape}).ok());
  }
  std::vector<std::byte> result = values[graph.outputs[0]];
  result.resize(result.size() - ops::kInputOverReadBytes);
  return result;
}

// One step where there were several, and the same bytes, under both rules.
void ExpectOneTable(const ModelBuilder& builder, const std::string& name) {
  EXPECT_THAT(Names(builder), ElementsAre(name));
  std::vector<uint8_t> codes(kWidth);
  std::iota(codes.begin(), codes.end(), 0);
  std::shuffle(codes.begin(), codes.end(), std::minstd_rand(1));
  for (Rounding rounding : {Rounding::kFloat32, Rounding::kFixedPoint}) {
    for (const char* isa : {"scalar", "auto"}) {
      const auto fused = Prepare(builder, Options(rounding, false, isa));
      const auto kept = Prepare(builder, Options(rounding, true, isa));
      ASSERT_TRUE(fused.ok()) << fused.status();
      ASSERT_TRUE(kept.ok()) << kept.status();
      EXPECT_EQ(RunSteps(**fused, codes), RunSteps(**kept, codes));
    }
  }
}

int Codes(ModelBuilder& b, const char* name, Quant quant, DataType type = DataType::kInt8) {
  return b.Tensor(name, type, {1, kWidth}, quant);
}
int Input(ModelBuilder& b, DataType type = DataType::kInt8) {
  return b.Input("x", type, {1, kWidth}, type == DataType::kInt8 ? kInput : Quant(0.05f, 121));
}

// x * logistic(x); returns the product.
int Swish(ModelBuilder& b, int x) {
  const int gate = Codes(b, "gate", Quant(1.0f / 256, -128));
  const int y = Codes(b, "y", Quant(0.03f, -119));
  b.Op(BuiltinOp::kLogistic, 2, {x}, {gate});
  b.Op(BuiltinOp::kMul, 2, {x, gate}, {y}, ActivationOptions{});
  return y;
}

TEST(TableFusionTest, SwishIsOneTable) {
  ModelBuilder b;
  b.Output(Swish(b, Input(b)));
  ExpectOneTable(b, "LOGISTIC+MUL");
}

// x * min(relu(x + 3), 6) / 6, of scalar constants of several ranks, first and second.
TEST(TableFusionTest, HardSwishWrittenOutIsOneTable) {
  ModelBuilder b;
  const int x = Input(b);
  const int three = b.Constant<int8_t>("three", {}, {100}, Quant(0.03f, 0));
  const int six = b.Constant<int8_t>("six", {1}, {80}, Quant(0.04f, -70));
  const int sixth = b.Constant<int8_t>("sixth", {1, 1}, {127}, Quant(0.00131234f, 0));
  const int shifted = Codes(b, "shifted", Quant(0.06f, -20));
  const int cut = Codes(b, "cut", Quant(0.04f, -70));
  const int least = Codes(b, "least", Quant(0.04f, -70));
  const int product = Codes(b, "product", Quant(0.15f, 3));
  const int y = Codes(b, "y", Quant(0.025f, -115));
  b.Op(BuiltinOp::kAdd, 2, {three, x}, {shifted}, AddOptions{});
  b.Op(BuiltinOp::kRelu, 2, {shifted}, {cut});
  b.Op(BuiltinOp::kMinimum, 2, {cut, six}, {least});
  b.Op(BuiltinOp::kMul, 2, {x, least}, {product}, ActivationOptions{});
  b.Op(BuiltinOp::kMul, 2, {product, sixth}, {y}, ActivationOptions{});
  b.Output(y);
  ExpectOneTable(b, "ADD+RELU+MINIMUM+MUL+MUL");
}

TEST(TableFusionTest, AFloatIslandBetweenCodesOfTwoTypesIsOneTable) {
  ModelBuilder b;
  const int x = Input(b, DataType::kUint8);
  const int real = b.Tensor("real", DataType::kFloat32, {1, kWidth});
  const int half = b.Constant<float>("half", {}, {0.5f});
  const int scaled = b.Tensor("scaled", DataType::kFloat32, {1, kWidth});
  const int tanh = b.Tensor("tanh", DataType::kFloat32, {1, kWidth});
  const int y = Codes(b, "y", Quant(1.0f / 128, 0));
  b.Op(BuiltinOp::kDequantize, 2, {x}, {real});
  b.Op(BuiltinOp::kMul, 1, {real, half}, {scaled}, ActivationOptions{});
  b.Op(BuiltinOp::kTanh, 1, {scaled}, {tanh});
  b.Op(BuiltinOp::kQuantize, 1, {tanh}, {y});
  b.Output(y);
  ExpectOneTable(b, "DEQUANTIZE+MUL+TANH+QUANTIZE");
}

TEST(TableFusionTest, ASingleOperatorWithAScalarIsATable) {
  ModelBuilder b;
  const int x = Input(b, DataType::kUint8);
  const int c = b.Constant<uint8_t>("c", {1}, {200}, Quant(0.02f, 100));
  const int y = Codes(b, "y", Quant(0.07f, 90), DataType::kUint8);
  b.Op(BuiltinOp::kSub, 2, {c, x}, {y}, AddOptions{});
  b.Output(y);
  const auto graph = Prepare(b, Options(Rounding::kFloat32, false));
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_THAT((*graph)->steps[0].inputs, ElementsAre(x));
  ExpectOneTable(b, "SUB");
}

TEST(TableFusionTest, ATableAloneStaysAsItIs) {
  ModelBuilder b;
  const int x = Input(b);
  const int y = Codes(b, "y", Quant(1.0f / 256, -128));
  b.Op(BuiltinOp::kLogistic, 2, {x}, {y});
  b.Output(y);
  const auto graph = Prepare(b, Options(Rounding::kFloat32, false));
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_TRUE((*graph)->steps[0].merged.empty());
}

TEST(TableFusionTest, AConstantForEachChannelIsNoTable) {
  ModelBuilder b;
  const int x = Input(b);
  const int c = b.Constant<int8_t>("c", {kWidth}, std::vector<int8_t>(kWidth, 3), Quant(0.1f, 0));
  const int scaled = Codes(b, "scaled", Quant(0.05f, 0));
  const int y = Codes(b, "y", Quant(0.05f, 0));
  b.Op(BuiltinOp::kMul, 2, {x, c}, {scaled}, ActivationOptions{});
  b.Op(BuiltinOp::kRelu, 2, {scaled}, {y});
  b.Output(y);
  EXPECT_THAT(Names(b), ElementsAre("MUL", "RELU"));
}

TEST(TableFusionTest, AnotherTensorOrAnotherShapeIsNoTable) {
  ModelBuilder b;
  const int x = Input(b);
  const int z = b.Input("z", DataType::kInt8, {1, kWidth}, kInput);
  const int one = b.Input("one", DataType::kInt8, {1}, kInput);
  const int gate = Codes(b, "gate", Quant(1.0f / 256, -128));
  const int y = Codes(b, "y", kInput);
  const int spread = Codes(b, "spread", kInput);
  b.Op(BuiltinOp::kLogistic, 2, {x}, {gate});
  b.Op(BuiltinOp::kMul, 2, {z, gate}, {y}, ActivationOptions{});
  b.Op(BuiltinOp::kAdd, 2, {one, one}, {spread}, AddOptions{});
  b.Output(y);
  b.Output(spread);
  EXPECT_THAT(Names(b), ElementsAre("LOGISTIC", "MUL", "ADD"));
}

// Read outside of the group: by another operator, or as an output.
TEST(TableFusionTest, WhatOthersReadStaysATensor) {
  for (const bool is_output : {false, true}) {
    ModelBuilder b;
    const int x = Input(b);
    const int y = Swish(b, x);
    const int gate = x + 1;
    b.Output(y);
    if (is_output) {
      b.Output(gate);
      EXPECT_THAT(Names(b), ElementsAre("LOGISTIC", "MUL"));
      continue;
    }
    const int joined = b.Tensor("joined", DataType::kInt8, {2, kWidth}, Quant(1.0f / 256, -128));
    b.Op(BuiltinOp::kConcatenation, 2, {gate, gate}, {joined}, ConcatenationOptions{});
    b.Output(joined);
    EXPECT_THAT(Names(b), ElementsAre("LOGISTIC", "MUL", "CONCATENATION"));
  }
}

// An output in the middle splits a chain into two tables.
TEST(TableFusionTest, AnOutputInTheMiddleEndsAGroup) {
  ModelBuilder b;
  const int y = Swish(b, Input(b));
  const int z = Codes(b, "z", Quant(0.02f, 5));
  const int c = b.Constant<int8_t>("c", {}, {20}, Quant(0.1f, 0));
  const int w = Codes(b, "w", Quant(0.02f, 5));
  b.Op(BuiltinOp::kAdd, 2, {y, c}, {z}, AddOptions{});
  b.Op(BuiltinOp::kRelu, 2, {z}, {w});
  b.Output(y);
  b.Output(w);
  EXPECT_THAT(Names(b), ElementsAre("LOGISTIC+MUL", "ADD+RELU"));
}

TEST(TableFusionTest, EveryTensorIsKeptWhereThatIsAsked) {
  ModelBuilder b;
  b.Output(Swish(b, Input(b)));
  EXPECT_THAT(Names(b, /*keep_every_tensor=*/true), ElementsAre("LOGISTIC", "MUL"));
}

// A variable tensor may change between two reads of it.
TEST(TableFusionTest, AVariableTensorIsNoInputOfATable) {
  ModelBuilder b;
  Input(b);
  const int state = b.Variable("state", DataType::kInt8, {1, kWidth}, kInput);
  b.Output(Swish(b, state));
  EXPECT_THAT(Names(b), ElementsAre("LOGISTIC", "MUL"));
}

// 16-bit codes stay as they are.
TEST(TableFusionTest, WiderCodesAreNoTable) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt16, {1, kWidth}, Quant(0.001f, 0));
  const int c = b.Constant<int16_t>("c", {}, {2000}, Quant(0.001f, 0));
  const int z = b.Tensor("z", DataType::kInt16, {1, kWidth}, Quant(0.002f, 0));
  const int y = b.Tensor("y", DataType::kInt16, {1, kWidth}, Quant(0.002f, 0));
  b.Op(BuiltinOp::kAdd, 2, {x, c}, {z}, AddOptions{});
  b.Op(BuiltinOp::kRelu, 3, {z}, {y});
  b.Output(y);
  EXPECT_THAT(Names(b), ElementsAre("ADD", "RELU"));
}

// Where LiteRT's answer depends on an element's place, codes alone do not tell it: scales so far
// apart that the builtin kernel's vector body answers.
TEST(TableFusionTest, AnAnswerThatDependsOnThePlaceIsNoTable) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, kWidth}, Quant(1e-6f, 0));
  const int y = Codes(b, "y", Quant(0.05f, 0));
  b.Op(BuiltinOp::kMul, 2, {x, x}, {y}, ActivationOptions{});
  b.Output(y);
  const auto graph = Prepare(b, Options(Rounding::kFloat32, false));
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_TRUE((*graph)->steps[0].merged.empty());
  EXPECT_FALSE((*graph)->steps[0].op->MapsElements());
}

}  // namespace
}  // namespace octet
