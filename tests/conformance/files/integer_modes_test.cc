// Our quantizer against TensorFlow's converter in the modes with integer activations: from the same
// float file and the same samples, the same operators with the same types, scales, zero points and
// codes.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/formats/npz.h"
#include "engine/model/model.h"
#include "octet/engine.h"
#include "octet/quantize.h"
#include "tests/support/goldens.h"

namespace octet {
namespace {

// Ranges come from float kernels whose sums are in another order.
constexpr double kScaleTolerance = 1e-6;

struct Samples {
  std::map<std::string, client::Array> arrays;  // by input; all samples one after the other
  std::vector<CalibrationSample> list;
};

Samples ReadSamples(const std::string& path, const std::string& float_file) {
  Samples samples;
  auto arrays = client::ParseNpz(testing::ReadFile(path), int64_t{1} << 30);
  EXPECT_TRUE(arrays.ok()) << path << ": " << arrays.status();
  if (!arrays.ok()) return samples;
  samples.arrays = *std::move(arrays);
  const auto model = LoadModel(float_file);
  const auto compiled = CompiledModel::Compile(*model, {});
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  if (!compiled.ok()) return samples;
  for (const IoTensor& input : (*compiled)->description().inputs) {
    const auto found = samples.arrays.find(input.name);
    EXPECT_NE(found, samples.arrays.end()) << input.name;
    if (found == samples.arrays.end()) continue;
    const size_t bytes = input.shape.num_elements() * DataTypeSize(input.type);
    const std::string& data = found->second.data;
    samples.list.resize(data.size() / bytes);
    for (size_t s = 0; s < samples.list.size(); ++s) {
      const auto* begin = reinterpret_cast<const std::byte*>(data.data()) + s * bytes;
      samples.list[s].inputs.push_back({input.name, input.type, input.shape, {begin, bytes}});
    }
  }
  return samples;
}

bool IsConversion(const OperatorDef& op) {
  return op.op == BuiltinOp::kQuantize || op.op == BuiltinOp::kDequantize;
}

std::vector<const OperatorDef*> Computations(const SubgraphDef& graph) {
  std::vector<const OperatorDef*> list;
  for (const OperatorDef& op : graph.operators) {
    if (!IsConversion(op)) list.push_back(&op);
  }
  return list;
}

int64_t CodeAt(const TensorDef& tensor, size_t i) {
  switch (tensor.type) {
    case DataType::kInt8:
      return tensor.values<int8_t>()[i];
    case DataType::kInt16:
      return tensor.values<int16_t>()[i];
    case DataType::kInt32:
      return tensor.values<int32_t>()[i];
    case DataType::kInt64:
      return tensor.values<int64_t>()[i];
    default:
      return 0;
  }
}

struct Counts {
  int operators = 0;
  int scales = 0;
  int64_t codes = 0;
  int64_t scales_off = 0;      // not bit-equal, but within the tolerance
  int64_t bias_codes_off = 0;  // by one, at a scale that is not bit-equal
};

void ExpectSameTensor(const TensorDef& ours, const TensorDef& theirs, Counts& counts) {
  EXPECT_EQ(DataTypeName(ours.type), DataTypeName(theirs.type)) << ours.name;
  EXPECT_EQ(ours.shape, theirs.shape) << ours.name;
  EXPECT_EQ(ours.quantization.zero_point, theirs.quantization.zero_point) << ours.name;
  ASSERT_EQ(ours.quantization.scale.size(), theirs.quantization.scale.size()) << ours.name;
  bool same_scales = true;
  for (size_t i = 0; i < ours.quantization.scale.size(); ++i) {
    const float a = ours.quantization.scale[i];
    const float b = theirs.quantization.scale[i];
    ++counts.scales;
    if (a == b) continue;
    same_scales = false;
    ++counts.scales_off;
    EXPECT_LE(std::abs(a - b), kScaleTolerance * b) << ours.name << " " << a << " " << b;
  }
  if (ours.quantization.is_per_axis()) {
    EXPECT_EQ(ours.quantization.quantized_dimension, theirs.quantization.quantized_dimension);
  }
  ASSERT_EQ(ours.is_constant, theirs.is_constant) << ours.name;
  if (!ours.is_constant) return;
  ASSERT_EQ(ours.data.size(), theirs.data.size()) << ours.name;
  const bool bias = ours.type == DataType::kInt32 || ours.type == DataType::kInt64;
  if (!bias || same_scales || !ours.quantization.is_quantized()) {
    EXPECT_EQ(std::memcmp(ours.data.data(), theirs.data.data(), ours.data.size()), 0) << ours.name;
  } else {
    for (int64_t i = 0; i < ours.shape.num_elements(); ++i) {
      const int64_t difference = std::abs(CodeAt(ours, i) - CodeAt(theirs, i));
      EXPECT_LE(difference, 1 + std::abs(CodeAt(theirs, i)) * 1e-6) << ours.name << " " << i;
      if (difference > 0) ++counts.bias_codes_off;
    }
  }
  if (ours.quantization.is_quantized()) counts.codes += ours.shape.num_elements();
}

void ExpectSameLists(const SubgraphDef& ours, const std::vector<int32_t>& our_list,
                     const SubgraphDef& theirs, const std::vector<int32_t>& their_list,
                     Counts& counts) {
  ASSERT_EQ(our_list.size(), their_list.size());
  for (size_t i = 0; i < our_list.size(); ++i) {
    ASSERT_EQ(our_list[i] == kAbsentTensor, their_list[i] == kAbsentTensor) << i;
    if (our_list[i] == kAbsentTensor) continue;
    ExpectSameTensor(ours.tensors[our_list[i]], theirs.tensors[their_list[i]], counts);
  }
}

void ExpectSame(const std::string& our_file, const std::string& their_file, Counts& counts) {
  const auto our_model = ReadModel(our_file);
  const auto their_model = ReadModel(their_file);
  ASSERT_TRUE(our_model.ok()) << our_model.status();
  ASSERT_TRUE(their_model.ok()) << their_model.status();
  const SubgraphDef& ours = (*our_model)->main();
  const SubgraphDef& theirs = (*their_model)->main();
  EXPECT_EQ(ours.operators.size(), theirs.operators.size());
  const auto a = Computations(ours);
  const auto b = Computations(theirs);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    SCOPED_TRACE(absl::StrCat("operator ", i, " ", BuiltinOpName(b[i]->op)));
    EXPECT_EQ(a[i]->op, b[i]->op);
    EXPECT_EQ(a[i]->version, b[i]->version);
    ExpectSameLists(ours, a[i]->inputs, theirs, b[i]->inputs, counts);
    ExpectSameLists(ours, a[i]->outputs, theirs, b[i]->outputs, counts);
    ++counts.operators;
  }
  ExpectSameLists(ours, ours.inputs, theirs, theirs.inputs, counts);
  ExpectSameLists(ours, ours.outputs, theirs, theirs.outputs, counts);
}

// Compares every case that has the converter's file, the float file and the samples.
Counts CompareAll(const std::string& kind, const std::string& samples_kind,
                  const QuantizeOptions& options, int least_files) {
  Counts counts;
  const std::string folder = absl::StrCat(testing::GoldensFolder(), "/ops");
  const std::string suffix = absl::StrCat(".", kind, ".tflite");
  int files = 0;
  for (const std::string& file : testing::FilesEndingIn(folder, suffix)) {
    const std::string name = absl::StrCat(folder, "/", absl::StripSuffix(file, suffix));
    const std::string source = testing::ReadFile(absl::StrCat(name, ".float32.tflite"));
    if (source.empty()) continue;
    SCOPED_TRACE(file);
    ++files;
    const Samples samples =
        ReadSamples(absl::StrCat(name, ".", samples_kind, ".calib.npz"), source);
    QuantizeResources resources;
    resources.samples = samples.list;
    const auto quantized = QuantizeModel(source, options, resources);
    EXPECT_TRUE(quantized.ok()) << quantized.status();
    if (!quantized.ok()) continue;
    ExpectSame(quantized->bytes, testing::ReadFile(absl::StrCat(folder, "/", file)), counts);
  }
  EXPECT_GE(files, least_files);
  std::printf(
      "%s: %d files, %d operators, %d scales (%d not bit-equal), %d codes (%d biases off)\n",
      kind.c_str(), files, counts.operators, counts.scales, static_cast<int>(counts.scales_off),
      static_cast<int>(counts.codes), static_cast<int>(counts.bias_codes_off));
  return counts;
}

TEST(IntegerModesTest, FullIntegerEqualsTheConverter) {
  if (testing::GoldensFolder().empty()) GTEST_SKIP() << testing::MissingGoldens();
  CompareAll("int8", "int8",
             {.mode = QuantizationMode::kFullInteger,
              .input_type = EdgeType::kInt8,
              .output_type = EdgeType::kInt8},
             40);
}

TEST(IntegerModesTest, Uint8EdgesEqualTheConverter) {
  if (testing::GoldensFolder().empty()) GTEST_SKIP() << testing::MissingGoldens();
  CompareAll("uint8io", "int8",
             {.mode = QuantizationMode::kFullInteger,
              .input_type = EdgeType::kUint8,
              .output_type = EdgeType::kUint8},
             6);
}

TEST(IntegerModesTest, Int16x8EqualsTheConverter) {
  if (testing::GoldensFolder().empty()) GTEST_SKIP() << testing::MissingGoldens();
  CompareAll("int16x8", "int16x8",
             {.mode = QuantizationMode::kInt16x8,
              .input_type = EdgeType::kInt16,
              .output_type = EdgeType::kInt16},
             20);
}

}  // namespace
}  // namespace octet
