// Faults that users of int8 models met elsewhere, one test each. Numbers: TensorFlow Lite's
// reference kernels for `fixed_point`, LiteRT 2.3's default path for `float32`, both where one is
// given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet {
namespace {

using ::testing::AllOf;
using testing::Bytes;
using testing::CompileBytes;
using testing::CompileError;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::FromBytes;
using ::testing::HasSubstr;
using testing::kBothRules;
using testing::ModelBuilder;
using testing::Quant;
using testing::RunModel;
using testing::RunOptions;
using testing::RunValues;
using testing::ToBytes;

using Codes = std::vector<int8_t>;

RunOptions With(Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return options;
}

struct ConvSpec {
  std::vector<int32_t> input, weights, output;
  Quant in, weight, out;
  Codes codes;
  std::vector<int32_t> bias;
  int32_t stride = 1;
  bool depthwise = false;
};

std::string Conv(const ConvSpec& c) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, c.input, c.in);
  const int w = b.Constant<int8_t>("w", c.weights, c.codes, c.weight);
  const int bias = b.Constant<int32_t>("bias", {static_cast<int32_t>(c.bias.size())}, c.bias);
  const int y = b.Tensor("y", DataType::kInt8, c.output, c.out);
  if (c.depthwise) {
    DepthwiseConv2DOptions options;
    options.stride_h = options.stride_w = c.stride;
    b.Op(BuiltinOp::kDepthwiseConv2d, 3, {x, w, bias}, {y}, options);
  } else {
    Conv2DOptions options;
    options.stride_h = options.stride_w = c.stride;
    b.Op(BuiltinOp::kConv2d, 3, {x, w, bias}, {y}, options);
  }
  b.Output(y);
  return b.Build();
}

// The kernel sets of TensorFlow Lite differ by one; each rule is one of them.
TEST(FieldReportsTest, H01TwoRulesOneAnswerEach) {
  const std::string file = Conv({{1, 1, 1, 1},
                                 {1, 1, 1, 1},
                                 {1, 1, 1, 1},
                                 Quant(0.05296124517917633f, -124),
                                 Quant(0.024093778803944588f, 0),
                                 Quant(0.11484327912330627f, -126),
                                 {1},
                                 {585}});
  EXPECT_THAT((RunValues<int8_t, int8_t>(file, {{-124}}, With(Rounding::kFixedPoint))),
              ElementsAre(-119));
  EXPECT_THAT((RunValues<int8_t, int8_t>(file, {{-124}}, With(Rounding::kFloat32))),
              ElementsAre(-120));
}

// A kernel's side below the stride needs no padding, never a negative one.
TEST(FieldReportsTest, H02UnequalKernelSidesWithStride) {
  Codes input;
  for (int i = 0; i < 16; ++i) input.push_back(static_cast<int8_t>(i));
  struct Kernel {
    int32_t h, w;
    Codes want;
  };
  for (const Kernel& k : {Kernel{3, 1, {12, 18, 20, 24}}, Kernel{1, 3, {3, 5, 27, 21}},
                          Kernel{1, 1, {0, 2, 8, 10}}}) {
    for (bool depthwise : {false, true}) {
      const std::string file = Conv({{1, 4, 4, 1},
                                     {1, k.h, k.w, 1},
                                     {1, 2, 2, 1},
                                     Quant(1, 0),
                                     Quant(1, 0),
                                     Quant(1, 0),
                                     Codes(k.h * k.w, 1),
                                     {0},
                                     2,
                                     depthwise});
      for (Rounding rounding : kBothRules) {
        EXPECT_EQ((RunValues<int8_t, int8_t>(file, {input}, With(rounding))), k.want)
            << k.h << "x" << k.w << (depthwise ? " depthwise" : "");
      }
    }
  }
}

// The accumulator never saturates at 16 bits: every instruction set, also with one row, one unit
// and an odd number of inputs.
TEST(FieldReportsTest, H03NoSaturationInTheAccumulator) {
  const auto run = [](int32_t rows, int32_t units, int32_t k, int8_t code, int8_t weight,
                      int32_t zero_point, const RunOptions& options) {
    ModelBuilder b;
    const int x = b.Input("x", DataType::kInt8, {rows, k}, Quant(1, zero_point));
    const int w = b.Constant<int8_t>("w", {units, k}, Codes(units * k, weight), Quant(1, 0));
    const float sum = static_cast<float>(k) * (code - zero_point) * weight;
    const int y = b.Tensor("y", DataType::kInt8, {rows, units}, Quant(sum / 100, 0));
    b.Op(BuiltinOp::kFullyConnected, 4, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
    b.Output(y);
    return RunValues<int8_t, int8_t>(b.Build(), {Codes(rows * k, code)}, options);
  };
  int sets = 0;
  for (const std::string& isa : std::vector<std::string>(absl::StrSplit(BuiltIsaNames(), ','))) {
    if (!CheckIsa(isa).ok()) continue;  // built, but not found on this machine
    ++sets;
    for (Rounding rounding : kBothRules) {
      RunOptions options = With(rounding);
      options.isa = isa;
      for (int32_t rows : {1, 5}) {
        for (int32_t units : {1, 17}) {
          for (int32_t k : {64, 63, 1}) {
            EXPECT_THAT(run(rows, units, k, 127, 127, -128, options), Each(100)) << isa;
            EXPECT_THAT(run(rows, units, k, -128, -128, 0, options), Each(100)) << isa;
          }
        }
      }
    }
  }
  EXPECT_GE(sets, 1);
}

TEST(FieldReportsTest, H04MeanOverAnyAxis) {
  const auto mean = [](std::vector<int32_t> shape, int32_t axis, const Codes& codes,
                       Rounding rounding) {
    ModelBuilder b;
    const int x = b.Input("x", DataType::kInt8, shape, Quant(0.1f, 0));
    const int axes = b.Constant<int32_t>("axes", {1}, {axis});
    shape[axis] = 1;
    const int y = b.Tensor("y", DataType::kInt8, shape, Quant(0.1f, 0));
    b.Op(BuiltinOp::kMean, 2, {x, axes}, {y}, ReducerOptions{true});
    b.Output(y);
    return RunValues<int8_t, int8_t>(b.Build(), {codes}, With(rounding));
  };
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(mean({1, 3, 1, 3}, 3, {7, 7, 3, 0, 2, 3, 6, 3, 8}, rounding), ElementsAre(6, 2, 6));
  }
  EXPECT_THAT(mean({1, 4}, 1, {1, 0, 0, 1}, Rounding::kFixedPoint), ElementsAre(1));
  EXPECT_THAT(mean({1, 4}, 1, {-1, 0, 0, -1}, Rounding::kFixedPoint), ElementsAre(-1));
  EXPECT_THAT(mean({1, 4}, 1, {5, 0, 0, 5}, Rounding::kFixedPoint), ElementsAre(3));
  EXPECT_THAT(mean({1, 4}, 1, {1, 0, 0, 1}, Rounding::kFloat32), ElementsAre(0));
  EXPECT_THAT(mean({1, 4}, 1, {-1, 0, 0, -1}, Rounding::kFloat32), ElementsAre(0));
  EXPECT_THAT(mean({1, 4}, 1, {5, 0, 0, 5}, Rounding::kFloat32), ElementsAre(2));
}

// Codes of unlike meaning are never copied side by side.
TEST(FieldReportsTest, H05ConcatenationOfUnlikeScales) {
  const auto joined = [](Quant a, Quant b, Quant out) {
    ModelBuilder builder;
    const int x = builder.Input("first", DataType::kInt8, {1, 2}, std::move(a));
    const int z = builder.Input("second", DataType::kInt8, {1, 2}, std::move(b));
    const int y = builder.Tensor("joined", DataType::kInt8, {1, 4}, std::move(out));
    ConcatenationOptions options;
    options.axis = 1;
    builder.Op(BuiltinOp::kConcatenation, 1, {x, z}, {y}, options);
    builder.Output(y);
    return builder.Build();
  };
  for (Rounding rounding : kBothRules) {
    const auto error =
        CompileError(joined(Quant(0.1f, 0), Quant(0.05f, 10), Quant(0.1f, 0)), rounding);
    EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("CONCATENATION"), HasSubstr("'second'"),
                                       HasSubstr("0.05"), HasSubstr("'joined'"), HasSubstr("0.1")));
    EXPECT_FALSE(
        CompileError(joined(Quant(0.1f, 0), Quant(0.1f, 10), Quant(0.1f, 0)), rounding).ok());
    EXPECT_FALSE(
        CompileError(joined(Quant(0.1f, 0), Quant(0.1f, 0), Quant(0.2f, 0)), rounding).ok());
  }
}

// Taps outside of the image are real zero, which is the input's zero point.
TEST(FieldReportsTest, H06PaddingIsTheZeroPoint) {
  const std::string file = Conv({{1, 3, 3, 1},
                                 {1, 3, 3, 1},
                                 {1, 3, 3, 1},
                                 Quant(0.02f, -128),
                                 Quant(0.001f, 0),
                                 Quant(0.1f, -128),
                                 Codes(9, 127),
                                 {0}});
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT((RunValues<int8_t, int8_t>(file, {Codes(9, 0)}, With(rounding))),
                ElementsAre(-115, -108, -115, -108, -99, -108, -115, -108, -115));
    EXPECT_THAT((RunValues<int8_t, int8_t>(file, {Codes(9, -128)}, With(rounding))), Each(-128));
  }
}

// A pruned channel of a file made elsewhere may have a scale of zero: its output is the bias of
// nothing, and its neighbours are not disturbed.
TEST(FieldReportsTest, H09DeadChannels) {
  for (bool depthwise : {false, true}) {
    const std::string file =
        Conv({{1, 1, 1, depthwise ? 2 : 1},
              depthwise ? std::vector<int32_t>{1, 1, 1, 2} : std::vector<int32_t>{2, 1, 1, 1},
              {1, 1, 1, 2},
              Quant(0.1f, 0),
              Quant({0.0f, 0.01f}, depthwise ? 3 : 0),
              Quant(0.01f, 0),
              {0, 10},
              {0, 0},
              1,
              depthwise});
    for (Rounding rounding : kBothRules) {
      EXPECT_THAT(
          (RunValues<int8_t, int8_t>(file, {Codes(depthwise ? 2 : 1, 100)}, With(rounding))),
          ElementsAre(0, 100));
    }
  }
}

TEST(FieldReportsTest, H10FullyConnectedPerAxis) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 2}, Quant(1, 0));
  const int w = b.Constant<int8_t>("w", {2, 2}, {100, 100, 1, 1}, Quant({0.01f, 1.0f}, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, 2}, Quant(1, 0));
  b.Op(BuiltinOp::kFullyConnected, 4, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT((RunValues<int8_t, int8_t>(b.Build(), {{10, 20}}, With(rounding))),
                ElementsAre(30, 30));
  }
}

TEST(FieldReportsTest, H10KeepNumDims) {
  for (bool keep : {false, true}) {
    for (DataType type : {DataType::kInt8, DataType::kFloat32}) {
      ModelBuilder b;
      const int x = b.Input("x", type, {2, 3, 4}, type == DataType::kInt8 ? Quant(1, 0) : Quant());
      const int w = b.Constant<int8_t>("w", {5, 4}, Codes(20, 1), Quant(1, 0));
      const int y =
          b.Tensor("y", type, keep ? std::vector<int32_t>{2, 3, 5} : std::vector<int32_t>{6, 5},
                   type == DataType::kInt8 ? Quant(1, 0) : Quant());
      FullyConnectedOptions options;
      options.keep_num_dims = keep;
      b.Op(BuiltinOp::kFullyConnected, 4, {x, w, kAbsentTensor}, {y}, options);
      b.Output(y);
      const auto result = RunModel(b.Build(), {Bytes(type == DataType::kInt8 ? 24 : 96)});
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_EQ(result->shapes[0], keep ? (Shape{2, 3, 5}) : (Shape{6, 5}));
    }
  }
}

// One scale for each row: a request's answer does not depend on its batch mates.
TEST(FieldReportsTest, H11HybridRows) {
  const std::vector<std::vector<float>> rows = {
      {.1f, .2f, .3f, .4f}, {100, -200, 300, 400}, {0, 0, 0, 0}};
  for (bool asymmetric : {false, true}) {
    ModelBuilder b;
    const int x = b.Input("x", DataType::kFloat32, {1, 4});
    const int w = b.Constant<int8_t>("w", {2, 4}, {1, 2, 3, 4, 10, -20, 30, -40}, Quant(0.01f, 0));
    const int y = b.Tensor("y", DataType::kFloat32, {1, 2});
    FullyConnectedOptions options;
    options.asymmetric_quantize_inputs = asymmetric;
    b.Op(BuiltinOp::kFullyConnected, 9, {x, w, kAbsentTensor}, {y}, options);
    b.Output(y);
    for (Rounding rounding : kBothRules) {
      std::vector<float> together;
      std::vector<float> alone;
      for (const auto& row : rows) {
        together.insert(together.end(), row.begin(), row.end());
        const auto out = RunValues<float, float>(b.Build(), {row}, With(rounding));
        alone.insert(alone.end(), out.begin(), out.end());
      }
      RunOptions three = With(rounding);
      three.rows = 3;
      EXPECT_EQ((testing::FirstOutputOrFail(RunModel(b.Build(), {ToBytes(together)}, three))),
                ToBytes(alone));
      if (rounding == Rounding::kFixedPoint && !asymmetric) {
        EXPECT_THAT(alone, ElementsAre(0.030015748f, -0.10047244f, 21.952755f, -19.84252f, 0, 0));
      }
    }
  }
}

// Three outputs of one shape, scores of 1, 2 and 3 times the input.
TEST(FieldReportsTest, H15NamesComeFromTheSignatureAndStayInOrder) {
  ModelBuilder b;
  const int x = b.Input("serving_default_x:0", DataType::kFloat32, {1, 1});
  std::vector<int> outputs;
  for (float factor : {1.0f, 2.0f, 3.0f}) {
    const int w = b.Constant<float>("w", {1, 1}, {factor});
    const int y = b.Tensor("StatefulPartitionedCall", DataType::kFloat32, {1, 1});
    b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
    b.Output(y);
    outputs.push_back(y);
  }
  // Without a signature: the tensors' names, told apart.
  auto plain = CompileBytes(b.Build());
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ((*plain)->description().outputs[0].name, "StatefulPartitionedCall");
  EXPECT_EQ((*plain)->description().outputs[1].name, "StatefulPartitionedCall_1");
  EXPECT_EQ((*plain)->description().outputs[2].name, "StatefulPartitionedCall_2");
  b.Signature("serving_default", {{"x", x}},
              {{"out3", outputs[2]}, {"out1", outputs[0]}, {"out2", outputs[1]}});
  auto model = CompileBytes(b.Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->description().inputs[0].name, "x");
  const auto result = testing::RunCompiled(*model, {ToBytes<float>({10})});
  ASSERT_TRUE(result.ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ((*model)->description().outputs[i].name, "out" + std::to_string(i + 1));
    EXPECT_THAT(FromBytes<float>(result->outputs[i]), ElementsAre(10 * (i + 1)));
  }
}

std::string Reshaped(std::vector<int32_t> target) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 2, 2});
  const int shape = b.Constant<int32_t>("shape", {2}, target);
  const int flat = b.Tensor("flat", DataType::kFloat32, {1, 4});
  const int w = b.Constant<float>("w", {2, 4}, {1, 2, 3, 4, -1, 0.5f, 0.25f, 8});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 2});
  b.Op(BuiltinOp::kReshape, 1, {x, shape}, {flat}, ReshapeOptions{});
  b.Op(BuiltinOp::kFullyConnected, 1, {flat, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Output(y);
  return b.Build();
}

// A constant shape [1,4] was exported for one row.
TEST(FieldReportsTest, H16ReshapeOfABatch) {
  const std::string file = Reshaped({1, 4});
  auto model = CompileBytes(file);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE((*model)->description().batchable);
  std::vector<float> batch;
  Bytes alone;
  for (int r = 0; r < 4; ++r) {
    std::vector<float> row;
    for (int i = 0; i < 4; ++i) row.push_back(0.37f * static_cast<float>(r * 5 + i) - 1);
    batch.insert(batch.end(), row.begin(), row.end());
    const auto single = testing::RunCompiled(*model, {ToBytes(row)});
    ASSERT_TRUE(single.ok());
    alone.insert(alone.end(), single->outputs[0].begin(), single->outputs[0].end());
  }
  const auto four = testing::RunCompiled(*model, {ToBytes(batch)}, 4);
  ASSERT_TRUE(four.ok()) << four.status();
  EXPECT_EQ(four->shapes[0], (Shape{4, 2}));
  EXPECT_EQ(four->outputs[0], alone);
}

// [1,-1] takes the batch into the features: one row a run, with the reason.
TEST(FieldReportsTest, H16ReshapeThatMergesTheBatch) {
  auto model = CompileBytes(Reshaped({1, -1}));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_FALSE((*model)->description().batchable);
  EXPECT_THAT((*model)->description().not_batchable_reason, HasSubstr("RESHAPE"));
  EXPECT_TRUE(testing::RunCompiled(*model, {Bytes(16)}).ok());
  EXPECT_FALSE(testing::RunCompiled(*model, {Bytes(32)}, 2).ok());
}

// TensorFlow Lite's reference kernel aborts the process on such a scale.
TEST(FieldReportsTest, SoftmaxWithATinyScaleAnswers) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 4}, Quant(1e-9f, 0));
  const int y = b.Tensor("y", DataType::kInt8, {1, 4}, Quant(1.0f / 256, -128));
  b.Op(BuiltinOp::kSoftmax, 1, {x}, {y}, SoftmaxOptions{});
  b.Output(y);
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT((RunValues<int8_t, int8_t>(b.Build(), {{3, 127, -128, 0}}, With(rounding))),
                Each(-64));
  }
}

}  // namespace
}  // namespace octet
