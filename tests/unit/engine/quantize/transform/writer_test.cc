#include "engine/quantize/transform/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/model/model.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelBuilder TwoConstants() {
  ModelBuilder b;
  b.Output(b.Constant<float>("a", {3}, {1, 2, 3}));
  b.Output(b.Constant<int8_t>("b", {5}, {1, 2, 3, 4, 5}));
  return b;
}

TEST(WriterTest, UnpackAndPackGiveTheSameFile) {
  const std::string bytes = TwoConstants().Build();
  const auto model = UnpackFile(bytes);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(PackFile(**model), bytes);
}

TEST(WriterTest, LargeConstantsGoBehindTheFlatBufferAndComeBack) {
  const std::string bytes = TwoConstants().Build();
  auto model = UnpackFile(bytes);
  ASSERT_TRUE(model.ok());
  const std::string split = PackFile(**model, /*max_inline_bytes=*/16);  // there are 17
  EXPECT_NE(split, bytes);
  const auto read = ReadModel(split);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT((*read)->main().tensors[0].values<float>(), ElementsAre(1, 2, 3));
  EXPECT_THAT((*read)->main().tensors[1].values<int8_t>(), ElementsAre(1, 2, 3, 4, 5));

  model = UnpackFile(split);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->buffers[1]->offset, 0);
  EXPECT_EQ(PackFile(**model, 17), bytes);
}

TEST(WriterTest, OptionsOfCustomOperatorsBehindTheFlatBuffer) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2});
  const int y = b.Tensor("y", DataType::kFloat32, {2});
  b.CustomOp("Mine", {x}, {y});
  b.Output(y);
  tflite::OperatorT& op = *b.raw().subgraphs[0]->operators[0];
  op.large_custom_options_size = 4;
  op.large_custom_options_offset = 2;
  op.large_custom_options_offset = b.Build().size();
  const std::string bytes = b.Build() + "abcd";
  const auto model = UnpackFile(bytes);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT((*model)->subgraphs[0]->operators[0]->custom_options,
              ElementsAre('a', 'b', 'c', 'd'));
  EXPECT_EQ((*model)->subgraphs[0]->operators[0]->large_custom_options_offset, 0);

  const auto cut = UnpackFile(bytes.substr(0, bytes.size() - 1));
  EXPECT_EQ(cut.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(cut.status().message()), HasSubstr("leave the file"));
}

TEST(WriterTest, KindOfOptionsWithoutOptions) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2});
  const int y = b.Tensor("y", DataType::kFloat32, {2});
  b.Op(BuiltinOp::kMul, 1, {x, x}, {y});
  b.Output(y);
  b.raw().subgraphs[0]->operators[0]->builtin_options.Set(tflite::MulOptionsT());
  std::string bytes = b.Build();
  const auto* op = tflite::GetModel(bytes.data())->subgraphs()->Get(0)->operators()->Get(0);
  // The field's entry in the operator's vtable becomes 0: absent.
  const auto* table = reinterpret_cast<const uint8_t*>(op);
  const uint8_t* vtable = table - flatbuffers::ReadScalar<flatbuffers::soffset_t>(table);
  const size_t entry = vtable + tflite::Operator::VT_BUILTIN_OPTIONS -
                       reinterpret_cast<const uint8_t*>(bytes.data());
  bytes[entry] = bytes[entry + 1] = 0;
  ASSERT_TRUE(ReadModel(bytes).ok()) << ReadModel(bytes).status();
  const auto model = UnpackFile(bytes);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(ReadModel(PackFile(**model)).ok());
}

}  // namespace
}  // namespace octet
