// The matrices of recurrent operators in the modes that leave activations float.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "octet/quantize.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"
#include "tflite_generated.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::testing::HasSubstr;

constexpr auto kFloat = DataType::kFloat32;
constexpr int kSteps = 4;
constexpr int kUnits = 32;

// Numbers that do not repeat soon.
std::vector<float> Waves(int count, float pace, float height = 1) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(height * std::sin(pace * static_cast<float>(i + 1)));
  }
  return values;
}

// Low enough that a state forgets what it was: errors of one step do not grow with the next.
std::vector<float> Matrix(int rows, int columns, float pace) {
  return Waves(rows * columns, pace, 1 / std::sqrt(static_cast<float>(columns)));
}

struct LstmShape {
  int depth = 32;
  bool peephole = false;
  bool projection = false;
};

// x [1,4,depth] -> UNIDIRECTIONAL_SEQUENCE_LSTM -> y [1,4,32].
std::string Lstm(const LstmShape& shape = {}) {
  ModelBuilder b;
  std::vector<int> inputs = {b.Input("x", kFloat, {1, kSteps, shape.depth})};
  for (const char* gate : {"wi", "wf", "wg", "wo"}) {
    inputs.push_back(b.Constant<float>(gate, {kUnits, shape.depth},
                                       Matrix(kUnits, shape.depth, 0.1f * gate[1])));
  }
  for (const char* gate : {"ri", "rf", "rg", "ro"}) {
    inputs.push_back(
        b.Constant<float>(gate, {kUnits, kUnits}, Matrix(kUnits, kUnits, 0.2f * gate[1])));
  }
  for (const char* gate : {"pi", "pf", "po"}) {
    inputs.push_back(shape.peephole ? b.Constant<float>(gate, {kUnits}, Waves(kUnits, gate[1]))
                                    : kAbsentTensor);
  }
  for (const char* gate : {"bi", "bf", "bg", "bo"}) {
    inputs.push_back(b.Constant<float>(gate, {kUnits}, Waves(kUnits, gate[1])));
  }
  inputs.push_back(shape.projection ? b.Constant<float>("projection", {kUnits, kUnits},
                                                        Matrix(kUnits, kUnits, 0.3f))
                                    : kAbsentTensor);
  inputs.push_back(kAbsentTensor);
  for (const char* state : {"h", "c"}) inputs.push_back(b.Variable(state, kFloat, {1, kUnits}));
  inputs.insert(inputs.end(), 4, kAbsentTensor);
  const int y = b.Tensor("y", kFloat, {1, kSteps, kUnits});
  b.Op(BuiltinOp::kUnidirectionalSequenceLstm, 1, inputs, {y},
       SequenceLstmOptions{.activation = Activation::kTanh});
  b.Output(y);
  return b.Build();
}

// x [1,depth] -> SVDF of 32 units, rank 2, memory of `length` runs -> y.
std::string Svdf(int depth, int length) {
  ModelBuilder b;
  constexpr int kFilters = 2 * kUnits;
  const int x = b.Input("x", kFloat, {1, depth});
  const int feature =
      b.Constant<float>("feature", {kFilters, depth}, Matrix(kFilters, depth, 0.7f));
  const int time = b.Constant<float>("time", {kFilters, length}, Matrix(kFilters, length, 0.9f));
  const int bias = b.Constant<float>("bias", {kUnits}, Waves(kUnits, 0.3f));
  const int memory = b.Variable("memory", kFloat, {1, kFilters * length});
  const int y = b.Tensor("y", kFloat, {1, kUnits});
  b.Op(BuiltinOp::kSvdf, 1, {x, feature, time, bias, memory}, {y}, SvdfOptions{.rank = 2});
  b.Output(y);
  return b.Build();
}

QuantizedModel Quantized(const std::string& file, const QuantizeOptions& options = {}) {
  absl::StatusOr<QuantizedModel> quantized = QuantizeModel(file, options);
  EXPECT_TRUE(quantized.ok()) << quantized.status();
  return quantized.ok() ? *std::move(quantized) : QuantizedModel{};
}

const TensorReport& Row(const QuantizedModel& quantized, const std::string& tensor) {
  static const TensorReport none;
  for (const TensorReport& row : quantized.report.tensors) {
    if (row.tensor == tensor) return row;
  }
  ADD_FAILURE() << "no " << tensor;
  return none;
}

int Quantizations(const QuantizedModel& quantized) {
  int count = 0;
  for (const TensorReport& row : quantized.report.tensors) count += row.quantized;
  return count;
}

// Both answer one input alike, but for what codes of 8 bits can cost.
void ExpectAlike(const std::string& file, const QuantizedModel& quantized, int inputs) {
  const std::vector<float> x = Waves(inputs, 1.3f);
  const auto expected = testing::RunValues<float, float>(file, {x});
  const auto actual = testing::RunValues<float, float>(quantized.bytes, {x});
  ASSERT_EQ(actual.size(), expected.size());
  double noise = 0;
  double signal = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    noise += std::pow(actual[i] - expected[i], 2);
    signal += std::pow(expected[i], 2);
  }
  EXPECT_GT(signal, 0);
  EXPECT_LT(noise, signal / 1000);
}

const tflite::OperatorT& FirstOperator(tflite::ModelT& model, int version) {
  EXPECT_EQ(model.operator_codes[0]->version, version);
  return *model.subgraphs[0]->operators[0];
}

TEST(QuantizeRecurrentTest, MatricesOfAnLstmBecomeCodesWithOneScaleEach) {
  const std::string file = Lstm({.projection = true});
  const QuantizedModel quantized = Quantized(file);
  EXPECT_EQ(Quantizations(quantized), 9);
  for (const char* name : {"wi", "rf", "projection"}) {
    EXPECT_EQ(Row(quantized, name).scales, 1) << name;
    EXPECT_EQ(Row(quantized, name).role, TensorRole::kWeight) << name;
  }
  EXPECT_EQ(Row(quantized, "bi").role, TensorRole::kBias);
  EXPECT_EQ(Row(quantized, "bi").reason, "bias of UNIDIRECTIONAL_SEQUENCE_LSTM");
  std::unique_ptr<tflite::ModelT> model(tflite::UnPackModel(quantized.bytes.data()));
  const auto* options =
      FirstOperator(*model, 3).builtin_options.AsUnidirectionalSequenceLSTMOptions();
  ASSERT_NE(options, nullptr);
  EXPECT_TRUE(options->asymmetric_quantize_inputs);
  ExpectAlike(file, quantized, kSteps * 32);
}

TEST(QuantizeRecurrentTest, OneSmallMatrixKeepsAllFloat) {
  const std::string file = Lstm({.depth = 31});
  QuantizedModel quantized = Quantized(file);
  EXPECT_EQ(Quantizations(quantized), 0);
  EXPECT_THAT(Row(quantized, "ri").reason,
              HasSubstr("input 1 of UNIDIRECTIONAL_SEQUENCE_LSTM has 992 elements"));
  quantized = Quantized(file, {.min_weight_elements = 992});
  EXPECT_EQ(Quantizations(quantized), 8);
  ExpectAlike(file, quantized, kSteps * 31);
}

TEST(QuantizeRecurrentTest, OneThatIsExcludedKeepsAllFloat) {
  QuantizeOptions options;
  options.selection.exclude_tensors = {"rg"};
  const QuantizedModel quantized = Quantized(Lstm(), options);
  EXPECT_EQ(Quantizations(quantized), 0);
  EXPECT_NE(Row(quantized, "wi").reason, "");
}

TEST(QuantizeRecurrentTest, PeepholeWeightsKeepAllFloat) {
  const QuantizedModel quantized = Quantized(Lstm({.peephole = true}));
  EXPECT_EQ(Quantizations(quantized), 0);
  EXPECT_THAT(Row(quantized, "wi").reason, HasSubstr("peephole"));
  EXPECT_THAT(Row(quantized, "pi").reason, HasSubstr("input 9"));
}

TEST(QuantizeRecurrentTest, WeightOnlyLeavesThemFloat) {
  const std::string file = Lstm();
  const QuantizedModel quantized = Quantized(file, {.mode = QuantizationMode::kWeightOnly});
  EXPECT_EQ(Quantizations(quantized), 0);
  EXPECT_THAT(Row(quantized, "wi").reason, HasSubstr("as constants alone"));
  ExpectAlike(file, quantized, kSteps * 32);
}

TEST(QuantizeRecurrentTest, SvdfTakesBothAsCodesOrNeither) {
  const std::string file = Svdf(20, 16);
  const QuantizedModel quantized = Quantized(file);
  EXPECT_EQ(Quantizations(quantized), 2);
  EXPECT_EQ(Row(quantized, "feature").scales, 1);
  EXPECT_EQ(Row(quantized, "time").scales, 1);
  std::unique_ptr<tflite::ModelT> model(tflite::UnPackModel(quantized.bytes.data()));
  const auto* options = FirstOperator(*model, 4).builtin_options.AsSVDFOptions();
  ASSERT_NE(options, nullptr);
  EXPECT_TRUE(options->asymmetric_quantize_inputs);
  EXPECT_EQ(options->rank, 2);
  ExpectAlike(file, quantized, 20);

  const QuantizedModel kept = Quantized(Svdf(20, 8));
  EXPECT_EQ(Quantizations(kept), 0);
  EXPECT_THAT(Row(kept, "feature").reason, HasSubstr("input 2 of SVDF has 512 elements"));
}

}  // namespace
}  // namespace octet
