#include "engine/model/structure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/engine/model/sample_models.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::octet::testing::SmallClassifier;
using ::testing::HasSubstr;

TEST(VerifyStructureTest, AcceptsSoundFile) {
  const std::string bytes = SmallClassifier().Build();
  const auto model = VerifyStructure(bytes);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->subgraphs()->size(), 1);
}

TEST(VerifyStructureTest, OtherSchemaVersion) {
  ModelBuilder b = SmallClassifier();
  b.raw().version = 2;
  const std::string bytes = b.Build();
  const auto model = VerifyStructure(bytes);
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()), HasSubstr("schema version 2 instead of 3"));
}

// One tensor table, with a long name, that the subgraph lists many times.
std::string SharedTensor(int times, int name_length) {
  flatbuffers::FlatBufferBuilder fbb;
  const auto name = fbb.CreateString(std::string(name_length, 'n'));
  const auto tensor = tflite::CreateTensor(fbb, 0, tflite::TensorType::FLOAT32, 0, name);
  const auto tensors =
      fbb.CreateVector(std::vector<flatbuffers::Offset<tflite::Tensor>>(times, tensor));
  const auto graph = tflite::CreateSubGraph(fbb, tensors);
  const auto graphs = fbb.CreateVector(&graph, 1);
  tflite::FinishModelBuffer(fbb, tflite::CreateModel(fbb, 3, 0, graphs));
  return std::string(reinterpret_cast<const char*>(fbb.GetBufferPointer()), fbb.GetSize());
}

TEST(VerifyStructureTest, BoundsWhatCopiesOfSharedPartsTake) {
  const std::string few = SharedTensor(2, 100'000);
  EXPECT_TRUE(VerifyStructure(few).ok());
  const std::string many = SharedTensor(50'000, 100'000);  // 300 kB that stand for 5 GB
  const auto model = VerifyStructure(many);
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()), HasSubstr("references the same parts"));
}

// FlatBuffers' own verifier accepts this file.
TEST(VerifyStructureTest, MisalignedVectorOfLongs) {
  std::string bytes = SmallClassifier().Build();
  const auto model = VerifyStructure(bytes);
  ASSERT_TRUE(model.ok());
  const tflite::QuantizationParameters* q =
      (*model)->subgraphs()->Get(0)->tensors()->Get(0)->quantization();
  const auto* field = reinterpret_cast<const uint8_t*>(q) +
                      reinterpret_cast<const flatbuffers::Table*>(q)->GetOptionalFieldOffset(
                          tflite::QuantizationParameters::VT_ZERO_POINT);
  const size_t at = field - reinterpret_cast<const uint8_t*>(bytes.data());
  // The offset now leads four bytes further on, to a word that is a possible length.
  const uint32_t one = 1;
  const uint32_t target = flatbuffers::ReadScalar<uint32_t>(field) + 4;
  bytes.replace(at, 4, reinterpret_cast<const char*>(&target), 4);
  bytes.replace(at + target, 4, reinterpret_cast<const char*>(&one), 4);
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  ASSERT_TRUE(tflite::VerifyModelBuffer(verifier));
  const auto damaged = VerifyStructure(bytes);
  EXPECT_EQ(damaged.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(damaged.status().message()), HasSubstr("misaligned"));
}

TEST(VerifyStructureTest, OptionsOfUnknownKind) {
  ModelBuilder b = SmallClassifier();
  std::string bytes = b.Build();
  const auto model = VerifyStructure(bytes);
  ASSERT_TRUE(model.ok());
  auto* op = const_cast<tflite::Operator*>((*model)->subgraphs()->Get(0)->operators()->Get(0));
  auto* table = reinterpret_cast<flatbuffers::Table*>(op);
  ASSERT_TRUE(table->SetField<uint8_t>(tflite::Operator::VT_BUILTIN_OPTIONS_TYPE, 250, 0));
  const auto damaged = VerifyStructure(bytes);
  EXPECT_EQ(damaged.status().code(), absl::StatusCode::kUnimplemented) << damaged.status();
}

}  // namespace
}  // namespace octet
