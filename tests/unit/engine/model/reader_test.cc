#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "engine/model/model.h"
#include "tests/support/model_builder.h"
#include "tests/unit/engine/model/sample_models.h"
#include "tflite_generated.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::octet::testing::Quant;
using ::octet::testing::SmallClassifier;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

void ExpectError(const ModelBuilder& b, absl::StatusCode code, const std::string& text) {
  const auto model = ReadModel(b.Build());
  EXPECT_EQ(model.status().code(), code) << model.status();
  EXPECT_THAT(std::string(model.status().message()), HasSubstr(text));
}

TEST(ReadModelTest, ReadsEverything) {
  ModelBuilder b = SmallClassifier();
  b.raw().description = "a test";
  b.ShapeSignature(0, {-1, 4});
  const std::string bytes = b.Build();
  const auto read = ReadModel(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  const Model& model = **read;
  EXPECT_EQ(model.description(), "a test");
  EXPECT_EQ(model.file_bytes(), bytes.size());
  ASSERT_EQ(model.subgraphs().size(), 1);
  const SubgraphDef& graph = model.main();
  EXPECT_EQ(graph.name, "main");
  EXPECT_THAT(graph.inputs, ElementsAre(0));
  EXPECT_THAT(graph.outputs, ElementsAre(4));
  ASSERT_EQ(graph.tensors.size(), 5);

  const TensorDef& x = graph.tensors[0];
  EXPECT_EQ(x.name, "x");
  EXPECT_EQ(x.type, DataType::kInt8);
  EXPECT_EQ(x.shape, Shape({1, 4}));
  EXPECT_THAT(x.shape_signature, ElementsAre(-1, 4));
  EXPECT_THAT(x.quantization.scale, ElementsAre(0.1f));
  EXPECT_THAT(x.quantization.zero_point, ElementsAre(3));
  EXPECT_FALSE(x.is_constant);
  EXPECT_TRUE(x.data.empty());

  const TensorDef& w = graph.tensors[1];
  EXPECT_TRUE(w.is_constant);
  EXPECT_THAT(w.values<int8_t>(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(w.quantization.scale, ElementsAre(0.1f, 0.2f));
  EXPECT_THAT(w.quantization.zero_point, ElementsAre(0, 0));
  EXPECT_EQ(w.quantization.quantized_dimension, 0);
  EXPECT_THAT(graph.tensors[2].values<int32_t>(), ElementsAre(100, -100));

  ASSERT_EQ(graph.operators.size(), 2);
  const OperatorDef& fc = graph.operators[0];
  EXPECT_EQ(fc.op, BuiltinOp::kFullyConnected);
  EXPECT_EQ(fc.version, 4);
  EXPECT_THAT(fc.inputs, ElementsAre(0, 1, 2));
  EXPECT_THAT(fc.outputs, ElementsAre(3));
  EXPECT_TRUE(std::get<FullyConnectedOptions>(fc.options).keep_num_dims);
  EXPECT_EQ(std::get<SoftmaxOptions>(graph.operators[1].options).beta, 2.0f);

  ASSERT_EQ(model.signatures().size(), 1);
  EXPECT_EQ(model.signatures()[0].key, "serving_default");
  EXPECT_EQ(model.signatures()[0].subgraph, 0);
  EXPECT_THAT(model.signatures()[0].inputs, ElementsAre(Pair("image", 0)));
  EXPECT_THAT(model.signatures()[0].outputs, ElementsAre(Pair("classes", 4)));
}

TEST(ReadModelTest, NeedsSubgraphAndOutput) {
  ModelBuilder none;
  none.raw().subgraphs.clear();
  ExpectError(none, absl::StatusCode::kInvalidArgument, "no subgraph");
  ModelBuilder empty;
  ExpectError(empty, absl::StatusCode::kInvalidArgument, "nothing to run");
}

TEST(ReadModelTest, AcceptsGraphOfConstants) {
  ModelBuilder b;
  b.Output(b.Constant<float>("c", {2}, {1.0f, 2.0f}));
  EXPECT_TRUE(ReadModel(b.Build()).ok());
}

TEST(ReadModelTest, ReadsAllSubgraphsWithTheSameChecks) {
  ModelBuilder b = SmallClassifier();
  EXPECT_EQ(b.Subgraph("body"), 1);
  const int in = b.Input("in", DataType::kFloat32, {2});
  const int out = b.Tensor("out", DataType::kFloat32, {2});
  b.Op(BuiltinOp::kNeg, 1, {in}, {out});
  b.Output(out);
  const auto model = ReadModel(b.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ((*model)->subgraphs().size(), 2);
  EXPECT_EQ((*model)->subgraphs()[1].name, "body");

  b.Op(BuiltinOp::kNeg, 1, {7}, {out});
  ExpectError(b, absl::StatusCode::kInvalidArgument,
              "subgraph 1, operator 1 (NEG): input tensor 7 of 2 does not exist");
}

TEST(ReadModelTest, TakesLargerOfTheTwoBuiltinCodes) {
  ModelBuilder b = SmallClassifier();
  // A file of an old writer: the new field is absent, which reads ADD.
  b.raw().operator_codes[0]->builtin_code = tflite::BuiltinOperator::ADD;
  auto model = ReadModel(b.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->main().operators[0].op, BuiltinOp::kFullyConnected);

  ModelBuilder high;
  const int x = high.Input("x", DataType::kFloat32, {2});
  const int y = high.Tensor("y", DataType::kFloat32, {2});
  high.Op(BuiltinOp::kGelu, 2, {x}, {y});
  high.Output(y);
  EXPECT_EQ(high.raw().operator_codes[0]->deprecated_builtin_code, 127);
  model = ReadModel(high.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->main().operators[0].op, BuiltinOp::kGelu);
}

TEST(ReadModelTest, CustomOperators) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2});
  const int y = b.Tensor("y", DataType::kFloat32, {2});
  b.CustomOp("DISPATCH_OP", {x, x}, {y});
  b.Output(y);
  auto model = ReadModel(b.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->main().operators[0].op, BuiltinOp::kCustom);
  EXPECT_EQ((*model)->main().operators[0].custom_name, "DISPATCH_OP");

  // Builtin code 0 beside a custom code does not make it ADD.
  b.raw().operator_codes[0]->builtin_code = tflite::BuiltinOperator::ADD;
  b.raw().operator_codes[0]->deprecated_builtin_code = 0;
  model = ReadModel(b.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->main().operators[0].op, BuiltinOp::kCustom);
  EXPECT_EQ((*model)->main().operators[0].custom_name, "DISPATCH_OP");

  b.raw().operator_codes[0]->builtin_code = tflite::BuiltinOperator::CUSTOM;
  b.raw().operator_codes[0]->custom_code = "";
  ExpectError(b, absl::StatusCode::kInvalidArgument,
              "operator code 0: a custom operator without a name");
}

TEST(ReadModelTest, OperatorThatItDoesNotKnowIsNoErrorHere) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2});
  const int y = b.Tensor("y", DataType::kFloat32, {2});
  b.Op(static_cast<BuiltinOp>(777), 1, {x}, {y});
  b.Output(y);
  const auto model = ReadModel(b.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(static_cast<int>((*model)->main().operators[0].op), 777);
}

TEST(ReadModelTest, OperatorCodeIndexAndNegativeCode) {
  ModelBuilder b = SmallClassifier();
  b.raw().subgraphs[0]->operators[1]->opcode_index = 2;
  ExpectError(b, absl::StatusCode::kInvalidArgument,
              "subgraph 0, operator 1: operator code 2 of 2 does not exist");
  ModelBuilder negative = SmallClassifier();
  negative.raw().operator_codes[1]->deprecated_builtin_code = -7;
  negative.raw().operator_codes[1]->builtin_code = static_cast<tflite::BuiltinOperator>(-5);
  ExpectError(negative, absl::StatusCode::kInvalidArgument, "operator code 1: builtin code -5");
}

TEST(ReadModelTest, NamesThatAreNoUtf8AreEscaped) {
  ModelBuilder b;
  const int x = b.Input("\xff in", DataType::kFloat32, {1, 2});
  const int y = b.Tensor("\xc3\xa9", DataType::kFloat32, {1, 2});  // é
  b.Op(BuiltinOp::kReshape, 1, {x}, {y}, ReshapeOptions{{1, 2}});
  b.Output(y);
  b.Signature("serve", {{"in\x80", x}}, {{"out", y}});
  auto model = ReadModel(b.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->main().tensors[0].name, "\\xff in");
  EXPECT_EQ((*model)->main().tensors[1].name, "\xc3\xa9");
  EXPECT_EQ((*model)->signatures()[0].inputs[0].first, "in\\x80");
}

TEST(ReadModelTest, Signatures) {
  ModelBuilder subgraph = SmallClassifier();
  subgraph.raw().signature_defs[0]->subgraph_index = 3;
  ExpectError(subgraph, absl::StatusCode::kInvalidArgument,
              "signature 'serving_default': subgraph 3 of 1 does not exist");
  ModelBuilder range = SmallClassifier();
  range.raw().signature_defs[0]->inputs[0]->tensor_index = 4'000'000'000u;
  ExpectError(range, absl::StatusCode::kInvalidArgument,
              "input 'image' is tensor 4000000000, which is no input of the subgraph");
  ModelBuilder inner = SmallClassifier();
  inner.raw().signature_defs[0]->outputs[0]->tensor_index = 3;
  ExpectError(inner, absl::StatusCode::kInvalidArgument,
              "output 'classes' is tensor 3, which is no output of the subgraph");
}

TEST(ReadModelTest, MetadataBufferExists) {
  ModelBuilder b = SmallClassifier();
  b.raw().metadata.push_back(std::make_unique<tflite::MetadataT>());
  b.raw().metadata[0]->name = "note";
  b.raw().metadata[0]->buffer = 9999;
  ExpectError(b, absl::StatusCode::kInvalidArgument,
              "metadata 'note': buffer 9999 of 3 does not exist");
}

// The weights behind the FlatBuffer, `shift` bytes after its end.
std::string WithWeightsBehind(size_t shift, int64_t offset_error, uint64_t size) {
  ModelBuilder b = SmallClassifier();
  tflite::BufferT& buffer = *b.raw().buffers[2];
  buffer.data.clear();
  buffer.offset = 2;
  buffer.size = size;
  const size_t end = b.Build().size();
  buffer.offset = end + shift + offset_error;
  std::string bytes = b.Build();
  EXPECT_EQ(bytes.size(), end);
  bytes.append(shift, '\0');
  const int32_t bias[] = {7, -9};
  bytes.append(reinterpret_cast<const char*>(bias), sizeof(bias));
  return bytes;
}

TEST(ReadModelTest, ConstantsBehindTheFlatBuffer) {
  for (const size_t shift : {0, 1, 2, 3, 16}) {
    const auto model = ReadModel(WithWeightsBehind(shift, 0, 8));
    ASSERT_TRUE(model.ok()) << model.status();
    const auto values = (*model)->main().tensors[2].values<int32_t>();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(values.data()) % alignof(int32_t), 0);
    EXPECT_THAT(values, ElementsAre(7, -9)) << shift;
  }
}

TEST(ReadModelTest, ConstantsBehindTheFlatBufferLieInTheFile) {
  for (const int64_t error : {int64_t{1}, int64_t{8}, int64_t{9}, int64_t{1} << 40}) {
    const auto model = ReadModel(WithWeightsBehind(0, error, 8));
    EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(model.status().message()), HasSubstr("buffer 2: 8 bytes at offset"));
  }
  const auto wraps = ReadModel(WithWeightsBehind(0, 0, ~uint64_t{0}));
  EXPECT_EQ(wraps.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(wraps.status().message()),
              HasSubstr("buffer 2: 18446744073709551615 bytes at offset"));
}

TEST(ReadModelTest, DataInlineAndBehindContradict) {
  ModelBuilder b = SmallClassifier();
  b.raw().buffers[2]->offset = 16;
  b.raw().buffers[2]->size = 8;
  ExpectError(b, absl::StatusCode::kInvalidArgument, "buffer 2: data both inline and at offset 16");
}

TEST(ReadModelTest, BuffersThatOverlapTooMuch) {
  ModelBuilder b = SmallClassifier();
  for (int i = 0; i < 100; ++i) {
    b.raw().buffers.push_back(std::make_unique<tflite::BufferT>());
    b.raw().buffers.back()->offset = 2;
    b.raw().buffers.back()->size = 1000;
  }
  ExpectError(b, absl::StatusCode::kInvalidArgument, "buffers overlap");
}

}  // namespace
}  // namespace octet
