// Damaged bytes of every kind: the reader answers with a status. What it accepts, it can be asked
// about: every constant is read to its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "engine/model/model.h"
#include "tests/support/model_builder.h"
#include "tests/unit/engine/model/sample_models.h"
#include "tflite_generated.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::octet::testing::Quant;
using ::octet::testing::SmallClassifier;
using ::testing::HasSubstr;

// Reads everything that a model refers to, so that a sanitizer sees a bad reference.
uint64_t Touch(const Model& model) {
  uint64_t sum = model.signatures().size();
  for (const SubgraphDef& graph : model.subgraphs()) {
    for (const TensorDef& tensor : graph.tensors) {
      for (const std::byte b : tensor.data) sum += static_cast<uint8_t>(b);
      sum += tensor.shape.num_elements();
    }
    for (const OperatorDef& op : graph.operators) {
      for (const int32_t t : op.inputs) sum += t < 0 ? 0 : graph.tensors[t].name.size();
      for (const int32_t t : op.outputs) sum += graph.tensors[t].name.size();
    }
  }
  return sum;
}

struct Outcome {
  int accepted = 0;
  int refused = 0;
};

void Try(const std::string& bytes, Outcome& outcome) {
  const auto model = ReadModel(bytes);
  if (model.ok()) {
    ++outcome.accepted;
    EXPECT_GT(Touch(**model), 0);
    return;
  }
  ++outcome.refused;
  EXPECT_TRUE(model.status().code() == absl::StatusCode::kInvalidArgument ||
              model.status().code() == absl::StatusCode::kUnimplemented)
      << model.status();
  EXPECT_FALSE(model.status().message().empty());
}

// Float convolution, pooling and a second subgraph; constants behind the FlatBuffer.
std::string ConvolutionWithSubgraph() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4, 4, 1});
  b.ShapeSignature(x, {-1, 4, 4, 1});
  const int w = b.Constant<float>("w", {1, 1, 1, 1}, {2.0f});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 4, 4, 1});
  const int z = b.Tensor("z", DataType::kFloat32, {1, 2, 2, 1});
  b.Op(BuiltinOp::kConv2d, 1, {x, w, kAbsentTensor}, {y}, Conv2DOptions{});
  b.Op(BuiltinOp::kMaxPool2d, 1, {y}, {z},
       Pool2DOptions{.stride_h = 2, .stride_w = 2, .filter_h = 2, .filter_w = 2});
  b.Output(z);
  b.Subgraph("body");
  const int in = b.Input("in", DataType::kInt32, {0});
  const int out = b.Tensor("out", DataType::kInt32, {0});
  b.CustomOp("Twice", {in}, {out});
  b.Output(out);
  tflite::BufferT& buffer = *b.raw().buffers[1];
  const std::string data(buffer.data.begin(), buffer.data.end());
  buffer.data.clear();
  buffer.offset = 2;
  buffer.size = data.size();
  buffer.offset = b.Build().size();
  return b.Build() + data;
}

class HostileBytesTest : public ::testing::TestWithParam<int> {
 protected:
  static std::string Valid() {
    return GetParam() == 0 ? SmallClassifier().Build() : ConvolutionWithSubgraph();
  }
};

TEST_P(HostileBytesTest, CutAtEveryLength) {
  const std::string valid = Valid();
  ASSERT_TRUE(ReadModel(valid).ok()) << ReadModel(valid).status();
  Outcome outcome;
  for (size_t n = 0; n < valid.size(); ++n) Try(valid.substr(0, n), outcome);
  EXPECT_EQ(outcome.accepted + outcome.refused, static_cast<int>(valid.size()));
  EXPECT_GT(outcome.refused, 0);
}

TEST_P(HostileBytesTest, EveryByteReplaced) {
  const std::string valid = Valid();
  Outcome outcome;
  for (size_t i = 0; i < valid.size(); ++i) {
    for (const int mask : {0x01, 0x80, 0xff, 0x10}) {
      std::string bytes = valid;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      Try(bytes, outcome);
    }
    for (const char value : {'\x00', '\x7f', '\xff'}) {
      std::string bytes = valid;
      bytes[i] = value;
      Try(bytes, outcome);
    }
  }
  EXPECT_GT(outcome.refused, 0);
  EXPECT_GT(outcome.accepted, 0);  // a changed weight is a valid model
}

TEST_P(HostileBytesTest, EveryWordReplaced) {
  const std::string valid = Valid();
  Outcome outcome;
  for (size_t i = 0; i + 4 <= valid.size(); i += 4) {
    for (const uint32_t word : {0u, 0x7fffffffu, 0x80000000u, 0xffffffffu, 0xfffffffcu}) {
      std::string bytes = valid;
      bytes.replace(i, 4, reinterpret_cast<const char*>(&word), 4);
      Try(bytes, outcome);
    }
  }
  EXPECT_GT(outcome.refused, 0);
}

INSTANTIATE_TEST_SUITE_P(Models, HostileBytesTest, ::testing::Values(0, 1));

TEST(HostileFileTest, NoModelAtAll) {
  const std::string eight("\x18\x00\x00\x00TFL3", 8);
  EXPECT_EQ(ReadModel(eight).status().code(), absl::StatusCode::kInvalidArgument);
  for (const std::string& bytes :
       {std::string(), std::string("x"), std::string("TFL3TFL"), std::string(100, '\0')}) {
    const auto model = ReadModel(bytes);
    EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(model.status().message()), HasSubstr("not a TensorFlow Lite model"));
  }
}

TEST(HostileFileTest, CutFileSaysSo) {
  const std::string valid = SmallClassifier().Build();
  for (const size_t size : {size_t{100}, valid.size() - 84}) {
    const auto model = ReadModel(valid.substr(0, size));
    EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(model.status().message()), HasSubstr("cut or damaged"));
  }
}

TEST(HostileFileTest, IndicesOutOfRange) {
  ModelBuilder op = SmallClassifier();
  op.raw().subgraphs[0]->operators[0]->outputs = {9999};
  auto model = ReadModel(op.Build());
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("subgraph 0, operator 0 (FULLY_CONNECTED): output tensor 9999 of 5"));

  ModelBuilder buffer = SmallClassifier();
  buffer.raw().subgraphs[0]->tensors[1]->buffer = 9999;
  model = ReadModel(buffer.Build());
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("subgraph 0, tensor 1 'w': buffer 9999 of 3 does not exist"));
}

TEST(HostileFileTest, ShapeProductTooLarge) {
  ModelBuilder b = SmallClassifier();
  b.raw().subgraphs[0]->tensors[0]->shape = {2147483647, 2147483647};
  const auto model = ReadModel(b.Build());
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("tensor 0 'x': shape [2147483647,2147483647] has too many elements"));
}

TEST(HostileFileTest, BufferShorterThanShape) {
  ModelBuilder b = SmallClassifier();
  b.raw().buffers[1]->data.pop_back();
  const auto model = ReadModel(b.Build());
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("tensor 1 'w': buffer 1 has 7 bytes; INT8 [2,4] takes 8"));
}

}  // namespace
}  // namespace octet
