// Small crafted or cut files that have killed the processes of other readers. Each must end in an
// error that says what is wrong, and the reader goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "octet/engine.h"
#include "tests/support/model_builder.h"
#include "tflite_generated.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::octet::testing::Quant;
using ::testing::HasSubstr;

ModelBuilder Valid() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 2}, Quant(1.0f, 0));
  const int w = b.Constant<int8_t>("w", {2, 2}, {1, 2, 3, 4}, Quant(1.0f, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, 2}, Quant(1.0f, 0));
  b.Op(BuiltinOp::kFullyConnected, 4, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  return b;
}

void ExpectRefused(const std::string& bytes, const std::string& text) {
  const auto model = LoadModel(bytes);
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument) << model.status();
  EXPECT_THAT(std::string(model.status().message()), HasSubstr(text));
  const auto next = LoadModel(Valid().Build());
  ASSERT_TRUE(next.ok()) << next.status();
}

TEST(CraftedFilesTest, H14RootOffsetBehindEightBytes) {
  ExpectRefused(std::string("\x18\x00\x00\x00TFL3", 8), "cut or damaged");
}

TEST(CraftedFilesTest, H14EmptyFile) { ExpectRefused("", "not a TensorFlow Lite model"); }

TEST(CraftedFilesTest, H14CutNearTheStart) {
  ExpectRefused(Valid().Build().substr(0, 100), "cut or damaged");
}

TEST(CraftedFilesTest, H14CutNearTheEnd) {
  const std::string valid = Valid().Build();
  ExpectRefused(valid.substr(0, valid.size() - 84), "cut or damaged");
}

TEST(CraftedFilesTest, H14OperatorOutputIndex) {
  ModelBuilder b = Valid();
  b.raw().subgraphs[0]->operators[0]->outputs = {9999};
  ExpectRefused(b.Build(), "operator 0 (FULLY_CONNECTED): output tensor 9999 of 3");
}

TEST(CraftedFilesTest, H14BufferIndex) {
  ModelBuilder b = Valid();
  b.raw().subgraphs[0]->tensors[1]->buffer = 9999;
  ExpectRefused(b.Build(), "tensor 1 'w': buffer 9999 of 2 does not exist");
}

TEST(CraftedFilesTest, H14ShapeProductOverflows) {
  ModelBuilder b = Valid();
  b.raw().subgraphs[0]->tensors[2]->shape = {2147483647, 2147483647};
  ExpectRefused(b.Build(), "tensor 2 'y': shape [2147483647,2147483647] has too many elements");
}

TEST(CraftedFilesTest, H14BufferShorterThanItsShape) {
  ModelBuilder b = Valid();
  b.raw().buffers[1]->data.pop_back();
  ExpectRefused(b.Build(), "tensor 1 'w': buffer 1 has 3 bytes; INT8 [2,2] takes 4");
}

}  // namespace
}  // namespace octet
