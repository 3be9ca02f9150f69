#include "engine/quantize/transform/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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

std::string Write(const FileDraft& draft, uint64_t max_inline_bytes = kMaxInlineDataBytes) {
  const auto file = WriteFile(
      draft, nullptr, [](uint64_t, uint64_t) { return true; }, max_inline_bytes);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *file : "";
}

TEST(WriterTest, OpenAndWriteGiveTheSameFile) {
  const std::string bytes = TwoConstants().Build();
  const auto draft = OpenDraft(bytes);
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_EQ(Write(*draft), bytes);
}

TEST(WriterTest, LargeConstantsGoBehindTheFlatBufferAndComeBack) {
  const std::string bytes = TwoConstants().Build();
  const auto draft = OpenDraft(bytes);
  ASSERT_TRUE(draft.ok());
  const std::string split = Write(*draft, /*max_inline_bytes=*/16);  // there are 17
  EXPECT_NE(split, bytes);
  const auto read = ReadModel(split);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT((*read)->main().tensors[0].values<float>(), ElementsAre(1, 2, 3));
  EXPECT_THAT((*read)->main().tensors[1].values<int8_t>(), ElementsAre(1, 2, 3, 4, 5));

  const auto again = OpenDraft(split);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(Write(*again, 17), bytes);
}

// Byte i is i, in pieces of two bytes.
class Counter final : public Encoder {
 public:
  size_t bytes() const override { return 256; }
  int64_t pieces() const override { return 128; }
  void Encode(int64_t piece, absl::Span<std::byte> buffer) override {
    buffer[2 * piece] = std::byte(2 * piece);
    buffer[2 * piece + 1] = std::byte(2 * piece + 1);
  }
  EncodingNoise noise() const override { return {}; }
};

TEST(WriterTest, EncodersWriteIntoTheFile) {
  ModelBuilder b;
  b.Output(b.Constant<uint8_t>("a", {256}, std::vector<uint8_t>(256)));
  b.Output(b.Constant<float>("b", {1}, {7}));
  const std::string bytes = b.Build();
  auto draft = OpenDraft(bytes);
  ASSERT_TRUE(draft.ok());
  draft->contents[1] = BufferContent(std::make_shared<Counter>());
  for (const uint64_t max_inline_bytes : {uint64_t{1} << 30, uint64_t{0}}) {
    for (const int threads : {1, 3}) {
      ThreadPool pool(threads);
      const auto file = WriteFile(
          *draft, &pool, [](uint64_t, uint64_t) { return true; }, max_inline_bytes);
      ASSERT_TRUE(file.ok());
      const auto model = ReadModel(*file);
      ASSERT_TRUE(model.ok()) << model.status();
      const auto values = (*model)->main().tensors[0].values<uint8_t>();
      ASSERT_EQ(values.size(), 256);
      for (int i = 0; i < 256; ++i) EXPECT_EQ(values[i], i);
      EXPECT_THAT((*model)->main().tensors[1].values<float>(), ElementsAre(7));
    }
  }
}

TEST(WriterTest, CancelledBetweenConstants) {
  const std::string bytes = TwoConstants().Build();
  const auto draft = OpenDraft(bytes);
  ASSERT_TRUE(draft.ok());
  const auto file = WriteFile(*draft, nullptr, [](uint64_t, uint64_t) { return false; });
  EXPECT_EQ(file.status().code(), absl::StatusCode::kCancelled);
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
  const auto draft = OpenDraft(bytes);
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_THAT(draft->model.subgraphs[0]->operators[0]->custom_options,
              ElementsAre('a', 'b', 'c', 'd'));
  EXPECT_EQ(draft->model.subgraphs[0]->operators[0]->large_custom_options_offset, 0);

  const auto cut = OpenDraft(bytes.substr(0, bytes.size() - 1));
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
  const auto draft = OpenDraft(bytes);
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_TRUE(ReadModel(Write(*draft)).ok());
}

}  // namespace
}  // namespace octet
