// The number of threads changes no byte, and neither does the batch that a row is in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

struct ThreadsCase {
  std::string name;
  std::string file;
  Bytes one_row;
  DataType type;
};

OpOptions Strided(bool depthwise) {
  if (!depthwise) return Conv2DOptions{Padding::kSame, 2, 1};
  return DepthwiseConv2DOptions{Padding::kSame, 2, 1};
}

// Convolutions of stride one with more rows of products than columns, and with fewer: by rows or
// by columns the threads share them.
void AddPaddedConvolutions(std::vector<ThreadsCase>& cases) {
  for (const bool by_rows : {false, true}) {
    ConvModel model;
    model.input = by_rows ? Dims{1, 23, 19, 16} : Dims{1, 5, 7, 96};
    model.input_quant = {0.05f, 3};
    model.weights = by_rows ? Dims{24, 3, 3, 16} : Dims{130, 3, 3, 96};
    model.weight_codes = MixedCodes(Count(model.weights), 16);
    model.weight_quant = {0.01f, 0};
    model.output = by_rows ? Dims{1, 23, 19, 24} : Dims{1, 5, 7, 130};
    model.output_quant = {0.5f, -3};
    model.options = Conv2DOptions{Padding::kSame, 1, 1};
    cases.push_back({by_rows ? "conv_by_rows" : "conv_by_columns", model.Build(),
                     ToBytes(MixedCodes(Count(model.input), 17)), DataType::kInt8});
  }
}

// Big enough that work is split, odd enough that the parts are not alike.
std::vector<ThreadsCase> Cases() {
  std::vector<ThreadsCase> cases;
  for (const bool depthwise : {false, true}) {
    const std::string name = depthwise ? "depthwise" : "conv";
    ConvModel s8;
    s8.input = {1, 23, 19, 13};
    s8.input_quant = {0.05f, 3};
    s8.weights = depthwise ? Dims{1, 3, 3, 13} : Dims{17, 3, 3, 13};
    s8.weight_codes = MixedCodes(Count(s8.weights), 1);
    s8.weight_quant = {0.01f, 0};
    s8.output = {1, 12, 19, depthwise ? 13 : 17};
    s8.output_quant = {0.5f, -3};
    s8.options = Strided(depthwise);
    const int64_t values = Count(s8.input);
    cases.push_back({name + "_int8", s8.Build(), ToBytes(MixedCodes(values, 2)), DataType::kInt8});
    FloatConvModel f32;
    f32.input = s8.input;
    f32.weights = s8.weights;
    f32.weight_values = MixedValues(Count(s8.weights), 3);
    f32.output = s8.output;
    f32.options = s8.options;
    const Bytes floats = ToBytes(MixedValues(values, 4));
    cases.push_back({name + "_float32", f32.Build(), floats, DataType::kFloat32});
    FloatConvModel hybrid = f32;
    hybrid.weight_codes = s8.weight_codes;
    hybrid.weight_quant = {0.01f, 0};
    cases.push_back({name + "_hybrid", hybrid.Build(), floats, DataType::kFloat32});
  }
  FloatConvModel pointwise;
  pointwise.input = {1, 15, 11, 13};
  pointwise.weights = {9, 1, 1, 13};
  pointwise.weight_codes = MixedCodes(117, 5);
  pointwise.weight_quant = {0.01f, 0};
  pointwise.output = {1, 15, 11, 9};
  cases.push_back({"pointwise_hybrid", pointwise.Build(), ToBytes(MixedValues(15 * 11 * 13, 6)),
                   DataType::kFloat32});
  FullyConnectedModel s8;
  s8.input = {1, 517};
  s8.weights = {303, 517};
  s8.weight_codes = MixedCodes(Count(s8.weights), 7);
  s8.weight_quant = {0.01f, 0};
  s8.output = {1, 303};
  s8.output_quant = {20, 1};
  cases.push_back(
      {"fully_connected_int8", s8.Build(), ToBytes(MixedCodes(517, 8)), DataType::kInt8});
  FloatFullyConnectedModel f32;
  f32.input = {1, 517};
  f32.weights = s8.weights;
  f32.weight_values = MixedValues(Count(s8.weights), 9);
  f32.output = {1, 303};
  const Bytes floats = ToBytes(MixedValues(517, 10));
  cases.push_back({"fully_connected_float32", f32.Build(), floats, DataType::kFloat32});
  f32.weight_codes = s8.weight_codes;
  f32.weight_quant = {0.01f, 0};
  cases.push_back({"fully_connected_hybrid", f32.Build(), floats, DataType::kFloat32});
  for (BuiltinOp op : {BuiltinOp::kAveragePool2d, BuiltinOp::kMaxPool2d}) {
    Pool2DOptions options;
    options.filter_h = options.filter_w = 3;
    options.stride_h = 2;
    UnaryModel pool{op, 1, {1, 23, 19, 70}, {}, {1, 12, 19, 70}, {}, options};
    pool.type = pool.out_type = DataType::kFloat32;
    cases.push_back({op == BuiltinOp::kMaxPool2d ? "max_pool" : "average_pool", pool.Build(),
                     ToBytes(MixedValues(23 * 19 * 70, 11)), DataType::kFloat32});
  }
  UnaryModel quantize{BuiltinOp::kQuantize, 1, {1, 50001}, {}, {1, 50001}, {0.01f, 0}, {}};
  quantize.type = DataType::kFloat32;
  cases.push_back(
      {"quantize", quantize.Build(), ToBytes(MixedValues(50001, 12)), DataType::kFloat32});
  UnaryModel softmax{BuiltinOp::kSoftmax, 1, {1, 77}, {}, {1, 77}, {}, SoftmaxOptions{}};
  softmax.type = softmax.out_type = DataType::kFloat32;
  cases.push_back({"softmax", softmax.Build(), ToBytes(MixedValues(77, 13)), DataType::kFloat32});
  UnaryModel mean{BuiltinOp::kMean, 1, {1, 9, 7, 33}, {}, {1, 33}, {}, ReducerOptions{}};
  mean.type = mean.out_type = DataType::kFloat32;
  mean.parameter = {1, 2};
  cases.push_back({"mean", mean.Build(), ToBytes(MixedValues(9 * 7 * 33, 14)), DataType::kFloat32});
  UnaryModel mean_s8{BuiltinOp::kMean, 2,          {1, 41, 29, 70}, {0.1f, -3},
                     {1, 70},          {0.01f, 5}, ReducerOptions{}};
  mean_s8.parameter = {1, 2};
  cases.push_back(
      {"mean_int8", mean_s8.Build(), ToBytes(MixedCodes(41 * 29 * 70, 15)), DataType::kInt8});
  AddPaddedConvolutions(cases);
  return cases;
}

class ThreadsTest : public ::testing::TestWithParam<ThreadsCase> {};

// Five rows: the case's own, and others made from it.
std::vector<Bytes> Rows(const ThreadsCase& c) {
  std::vector<Bytes> rows = {c.one_row};
  for (int r = 1; r < 5; ++r) {
    if (c.type == DataType::kFloat32) {
      std::vector<float> values = FromBytes<float>(c.one_row);
      for (size_t i = 0; i < values.size(); ++i) values[i] *= static_cast<float>(r * r) - 2.5f;
      rows.push_back(ToBytes(values));
    } else {
      rows.push_back(ToBytes(MixedCodes(static_cast<int64_t>(c.one_row.size()), 100 + r)));
    }
  }
  return rows;
}

TEST_P(ThreadsTest, NeitherThreadsNorBatchMatesChangeAByte) {
  const ThreadsCase& c = GetParam();
  const std::vector<Bytes> rows = Rows(c);
  Bytes together;
  for (const Bytes& row : rows) together.insert(together.end(), row.begin(), row.end());
  for (Rounding rounding : kBothRules) {
    RunOptions options;
    options.rounding = rounding;
    Bytes alone;
    for (const Bytes& row : rows) {
      const Bytes out = FirstOutputOrFail(RunModel(c.file, {row}, options));
      alone.insert(alone.end(), out.begin(), out.end());
    }
    ASSERT_FALSE(alone.empty());
    for (int threads : {1, 2, 3}) {
      options.threads = threads;
      options.rows = 1;
      const Bytes first = FirstOutputOrFail(RunModel(c.file, {rows[0]}, options));
      EXPECT_EQ(first, Bytes(alone.begin(), alone.begin() + first.size())) << threads << " threads";
      options.rows = 5;
      EXPECT_EQ(FirstOutputOrFail(RunModel(c.file, {together}, options)), alone)
          << threads << " threads";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ThreadsTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace octet::testing
