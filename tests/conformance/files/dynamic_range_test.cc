// Our quantizer against TensorFlow's converter: from the same float file, the same tensors become
// INT8 with the same scales and codes, and operators say the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/model/model.h"
#include "octet/quantize.h"
#include "tests/support/goldens.h"
#include "tflite_generated.h"

namespace octet {
namespace {

constexpr char kSuffix[] = ".dynamic.tflite";

// Names of the cases that have both a float file and the converter's dynamic-range file.
std::vector<std::string> Pairs(const std::string& folder) {
  std::vector<std::string> names;
  for (const std::string& file : testing::FilesEndingIn(folder, kSuffix)) {
    const std::string name(absl::StripSuffix(file, kSuffix));
    if (!testing::ReadFile(absl::StrCat(folder, "/", name, ".float32.tflite")).empty()) {
      names.push_back(name);
    }
  }
  return names;
}

// An operator's options alone, as bytes that can be compared.
std::string OptionsOf(const std::string& file, size_t subgraph, size_t index) {
  std::unique_ptr<tflite::OperatorT> op(
      tflite::GetModel(file.data())->subgraphs()->Get(subgraph)->operators()->Get(index)->UnPack());
  op->opcode_index = 0;
  op->inputs.clear();
  op->outputs.clear();
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(tflite::Operator::Pack(builder, op.get()));
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
}

std::string MinRuntimeVersion(const std::string& file) {
  const tflite::Model* model = tflite::GetModel(file.data());
  for (const tflite::Metadata* entry : *model->metadata()) {
    if (entry->name()->str() != "min_runtime_version") continue;
    const auto* data = model->buffers()->Get(entry->buffer())->data();
    return std::string(data->begin(), data->end());
  }
  return "none";
}

// Returns the number of INT8 weights, all equal.
int ExpectSameInputs(const SubgraphDef& ours, const SubgraphDef& theirs, size_t index) {
  const OperatorDef& a = ours.operators[index];
  const OperatorDef& b = theirs.operators[index];
  int weights = 0;
  EXPECT_EQ(a.inputs.size(), b.inputs.size());
  for (size_t slot = 0; slot < std::min(a.inputs.size(), b.inputs.size()); ++slot) {
    EXPECT_EQ(a.inputs[slot] == kAbsentTensor, b.inputs[slot] == kAbsentTensor);
    if (a.inputs[slot] == kAbsentTensor || b.inputs[slot] == kAbsentTensor) continue;
    const TensorDef& x = ours.tensors[a.inputs[slot]];
    const TensorDef& y = theirs.tensors[b.inputs[slot]];
    EXPECT_EQ(x.type, y.type) << x.name;
    EXPECT_EQ(x.shape, y.shape) << x.name;
    EXPECT_EQ(x.quantization, y.quantization) << x.name;
    EXPECT_EQ(x.data.size(), y.data.size()) << x.name;
    if (x.data.size() != y.data.size()) continue;
    EXPECT_TRUE(x.data.empty() || std::memcmp(x.data.data(), y.data.data(), x.data.size()) == 0)
        << x.name;
    if (x.type == DataType::kInt8 && x.is_constant) ++weights;
  }
  return weights;
}

int ExpectSame(const std::string& our_file, const std::string& their_file) {
  const auto ours = ReadModel(our_file);
  const auto theirs = ReadModel(their_file);
  EXPECT_TRUE(ours.ok()) << ours.status();
  EXPECT_TRUE(theirs.ok()) << theirs.status();
  if (!ours.ok() || !theirs.ok()) return 0;
  EXPECT_EQ(MinRuntimeVersion(our_file), MinRuntimeVersion(their_file));
  EXPECT_EQ((*ours)->subgraphs().size(), (*theirs)->subgraphs().size());
  int weights = 0;
  for (size_t s = 0; s < (*theirs)->subgraphs().size(); ++s) {
    const SubgraphDef& a = (*ours)->subgraphs()[s];
    const SubgraphDef& b = (*theirs)->subgraphs()[s];
    EXPECT_EQ(a.operators.size(), b.operators.size());
    for (size_t i = 0; i < std::min(a.operators.size(), b.operators.size()); ++i) {
      SCOPED_TRACE(absl::StrCat("operator ", i, " ", BuiltinOpName(b.operators[i].op)));
      EXPECT_EQ(a.operators[i].op, b.operators[i].op);
      EXPECT_EQ(a.operators[i].version, b.operators[i].version);
      EXPECT_EQ(OptionsOf(our_file, s, i), OptionsOf(their_file, s, i));
      weights += ExpectSameInputs(a, b, i);
    }
  }
  return weights;
}

TEST(DynamicRangeTest, EqualsTheConverter) {
  const std::string goldens = testing::GoldensFolder();
  if (goldens.empty()) GTEST_SKIP() << testing::MissingGoldens();
  const std::string folder = absl::StrCat(goldens, "/ops");
  const std::vector<std::string> names = Pairs(folder);
  EXPECT_GE(names.size(), 20);
  int weights = 0;
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const auto quantized =
        QuantizeModel(testing::ReadFile(absl::StrCat(folder, "/", name, ".float32.tflite")), {});
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    weights +=
        ExpectSame(quantized->bytes, testing::ReadFile(absl::StrCat(folder, "/", name, kSuffix)));
  }
  EXPECT_GE(weights, 14);
}

// The goldens have an LSTM as a loop alone.
TEST(DynamicRangeTest, EqualsTheConverterOnALstm) {
  const std::string model = absl::StrCat(OCTET_DATA_DIR, "/sequence_lstm_");
  const auto quantized = QuantizeModel(testing::ReadFile(model + "float32.tflite"), {});
  ASSERT_TRUE(quantized.ok()) << quantized.status();
  EXPECT_EQ(ExpectSame(quantized->bytes, testing::ReadFile(model + "dynamic.tflite")), 8);
}

}  // namespace
}  // namespace octet
