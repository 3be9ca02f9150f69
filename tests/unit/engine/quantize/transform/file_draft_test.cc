#include "engine/quantize/transform/file_draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FileDraftTest, SetQuantizedReplacesRanges) {
  tflite::TensorT tensor;
  tensor.quantization = std::make_unique<tflite::QuantizationParametersT>();
  tensor.quantization->min = {-1};
  tensor.quantization->max = {1};
  SetQuantized(tensor, tflite::TensorType::INT8, {0.5f, 0.25f}, {0, 0}, 3);
  EXPECT_EQ(tensor.type, tflite::TensorType::INT8);
  EXPECT_THAT(tensor.quantization->min, IsEmpty());
  EXPECT_THAT(tensor.quantization->max, IsEmpty());
  EXPECT_THAT(tensor.quantization->scale, ElementsAre(0.5f, 0.25f));
  EXPECT_THAT(tensor.quantization->zero_point, ElementsAre(0, 0));
  EXPECT_EQ(tensor.quantization->quantized_dimension, 3);
}

TEST(FileDraftTest, AddTensorLikeKeepsAllButDataAndName) {
  tflite::SubGraphT graph;
  graph.tensors.push_back(std::make_unique<tflite::TensorT>());
  graph.tensors[0]->name = "w";
  graph.tensors[0]->shape = {2, 3};
  graph.tensors[0]->shape_signature = {-1, 3};
  graph.tensors[0]->has_rank = true;
  graph.tensors[0]->buffer = 5;
  ASSERT_EQ(AddTensorLike(graph, 0, "/int8"), 1);
  const tflite::TensorT& added = *graph.tensors[1];
  EXPECT_EQ(added.name, "w/int8");
  EXPECT_THAT(added.shape, ElementsAre(2, 3));
  EXPECT_THAT(added.shape_signature, ElementsAre(-1, 3));
  EXPECT_TRUE(added.has_rank);
  EXPECT_EQ(added.buffer, 0);
}

TEST(FileDraftTest, OperatorCodes) {
  tflite::ModelT model;
  const uint32_t code = OperatorCodeFor(model, tflite::BuiltinOperator::DEQUANTIZE, 2);
  EXPECT_EQ(code, 0);
  EXPECT_EQ(model.operator_codes[0]->deprecated_builtin_code, 6);
  EXPECT_EQ(model.operator_codes[0]->version, 2);
  EXPECT_EQ(OperatorCodeFor(model, tflite::BuiltinOperator::DEQUANTIZE, 1), 0);
  EXPECT_EQ(model.operator_codes[0]->version, 2);
  EXPECT_EQ(OperatorCodeFor(model, tflite::BuiltinOperator::GELU, 1), 1);
  EXPECT_EQ(model.operator_codes[1]->deprecated_builtin_code, 127);
  RaiseOperatorVersion(model, 1, 3);
  RaiseOperatorVersion(model, 1, 2);
  EXPECT_EQ(model.operator_codes[1]->version, 3);
}

std::vector<int> Bytes(const BufferContent& content) {
  std::vector<int> bytes;
  for (const std::byte b : content.data()) bytes.push_back(std::to_integer<int>(b));
  return bytes;
}

TEST(FileDraftTest, RemovesBuffersThatLostTheirLastUse) {
  FileDraft draft;
  tflite::ModelT& model = draft.model;
  model.subgraphs.push_back(std::make_unique<tflite::SubGraphT>());
  for (uint8_t i = 0; i < 5; ++i) {
    draft.contents.push_back(BufferContent::Of(std::vector<uint8_t>{i}));
  }
  for (const uint32_t buffer : {0u, 1u, 2u, 2u}) {
    model.subgraphs[0]->tensors.push_back(std::make_unique<tflite::TensorT>());
    model.subgraphs[0]->tensors.back()->buffer = buffer;
  }
  model.metadata.push_back(std::make_unique<tflite::MetadataT>());
  model.metadata[0]->buffer = 4;  // and nothing ever used buffer 3
  const auto before = CountBufferUses(draft);
  EXPECT_THAT(before, ElementsAre(1, 1, 2, 0, 1));

  model.subgraphs[0]->tensors[1]->buffer =
      AddBuffer(draft, BufferContent::Of(std::vector<uint8_t>{9}));
  model.subgraphs[0]->tensors[0]->buffer = 2;
  RemoveAbandonedBuffers(draft, before);
  ASSERT_EQ(draft.contents.size(), 5);
  EXPECT_THAT(Bytes(draft.contents[0]), ElementsAre(0));
  EXPECT_THAT(Bytes(draft.contents[1]), ElementsAre(2));
  EXPECT_THAT(Bytes(draft.contents[2]), ElementsAre(3));
  EXPECT_EQ(model.metadata[0]->buffer, 3);
  EXPECT_EQ(model.subgraphs[0]->tensors[1]->buffer, 4);
  EXPECT_EQ(model.subgraphs[0]->tensors[2]->buffer, 1);
  EXPECT_THAT(Bytes(draft.contents[4]), ElementsAre(9));
}

TEST(FileDraftTest, MetadataIsReplacedByName) {
  FileDraft draft;
  SetMetadata(draft, "a", "xy");
  SetMetadata(draft, "b", "z");
  SetMetadata(draft, "a", "w");
  ASSERT_EQ(draft.model.metadata.size(), 2);
  EXPECT_EQ(draft.model.metadata[0]->name, "a");
  EXPECT_THAT(Bytes(draft.contents[draft.model.metadata[0]->buffer]), ElementsAre('w'));
}

}  // namespace
}  // namespace octet
