#include "engine/model/options_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "engine/model/model.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelBuilder OneOp(BuiltinOp op, const OpOptions& options) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4, 4, 2});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 4, 4, 2});
  b.Op(op, 1, {x}, {y}, options);
  b.Output(y);
  return b;
}

// Through a file and back.
template <typename T>
T RoundTrip(BuiltinOp op, const T& options) {
  const auto model = ReadModel(OneOp(op, options).Build());
  EXPECT_TRUE(model.ok()) << model.status();
  if (!model.ok()) return T();
  return std::get<T>((*model)->main().operators[0].options);
}

TEST(ReadOptionsTest, Conv2D) {
  const auto o = RoundTrip(BuiltinOp::kConv2d, Conv2DOptions{.padding = Padding::kValid,
                                                             .stride_h = 2,
                                                             .stride_w = 3,
                                                             .dilation_h = 4,
                                                             .dilation_w = 5,
                                                             .activation = Activation::kRelu6});
  EXPECT_EQ(o.padding, Padding::kValid);
  EXPECT_EQ(o.stride_h, 2);
  EXPECT_EQ(o.stride_w, 3);
  EXPECT_EQ(o.dilation_h, 4);
  EXPECT_EQ(o.dilation_w, 5);
  EXPECT_EQ(o.activation, Activation::kRelu6);
}

TEST(ReadOptionsTest, DepthwiseConv2D) {
  const auto o = RoundTrip(BuiltinOp::kDepthwiseConv2d,
                           DepthwiseConv2DOptions{.padding = Padding::kSame,
                                                  .stride_h = 2,
                                                  .stride_w = 3,
                                                  .dilation_h = 4,
                                                  .dilation_w = 5,
                                                  .depth_multiplier = 6,
                                                  .activation = Activation::kReluN1To1});
  EXPECT_EQ(o.padding, Padding::kSame);
  EXPECT_EQ(o.stride_h, 2);
  EXPECT_EQ(o.stride_w, 3);
  EXPECT_EQ(o.dilation_h, 4);
  EXPECT_EQ(o.dilation_w, 5);
  EXPECT_EQ(o.depth_multiplier, 6);
  EXPECT_EQ(o.activation, Activation::kReluN1To1);
}

TEST(ReadOptionsTest, FullyConnected) {
  const auto o = RoundTrip(BuiltinOp::kFullyConnected,
                           FullyConnectedOptions{.activation = Activation::kRelu,
                                                 .shuffled_weights = true,
                                                 .keep_num_dims = true,
                                                 .asymmetric_quantize_inputs = true,
                                                 .int32_bias = true});
  EXPECT_EQ(o.activation, Activation::kRelu);
  EXPECT_TRUE(o.shuffled_weights);
  EXPECT_TRUE(o.keep_num_dims);
  EXPECT_TRUE(o.asymmetric_quantize_inputs);
  EXPECT_TRUE(o.int32_bias);
}

TEST(ReadOptionsTest, Pools) {
  for (const BuiltinOp op : {BuiltinOp::kAveragePool2d, BuiltinOp::kMaxPool2d}) {
    const auto o = RoundTrip(op, Pool2DOptions{.padding = Padding::kValid,
                                               .stride_h = 2,
                                               .stride_w = 3,
                                               .filter_h = 4,
                                               .filter_w = 5,
                                               .activation = Activation::kTanh});
    EXPECT_EQ(o.padding, Padding::kValid);
    EXPECT_EQ(o.stride_h, 2);
    EXPECT_EQ(o.stride_w, 3);
    EXPECT_EQ(o.filter_h, 4);
    EXPECT_EQ(o.filter_w, 5);
    EXPECT_EQ(o.activation, Activation::kTanh);
  }
}

TEST(ReadOptionsTest, OthersOfThisStep) {
  const auto add = RoundTrip(
      BuiltinOp::kAdd, AddOptions{.activation = Activation::kSignBit, .pot_scale_int16 = false});
  EXPECT_EQ(add.activation, Activation::kSignBit);
  EXPECT_FALSE(add.pot_scale_int16);
  EXPECT_TRUE(RoundTrip(BuiltinOp::kMean, ReducerOptions{.keep_dims = true}).keep_dims);
  EXPECT_THAT(RoundTrip(BuiltinOp::kReshape, ReshapeOptions{.new_shape = {4, -1}}).new_shape,
              ElementsAre(4, -1));
  EXPECT_EQ(RoundTrip(BuiltinOp::kSoftmax, SoftmaxOptions{.beta = 0.5f}).beta, 0.5f);
  const auto concat = RoundTrip(BuiltinOp::kConcatenation,
                                ConcatenationOptions{.axis = -1, .activation = Activation::kRelu});
  EXPECT_EQ(concat.axis, -1);
  EXPECT_EQ(concat.activation, Activation::kRelu);
}

TEST(ReadOptionsTest, DefaultsWhereTheFormatHasThem) {
  for (const BuiltinOp op : {BuiltinOp::kFullyConnected, BuiltinOp::kAdd, BuiltinOp::kMean,
                             BuiltinOp::kReshape, BuiltinOp::kConcatenation}) {
    const auto model = ReadModel(OneOp(op, {}).Build());
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_FALSE(std::holds_alternative<std::monostate>((*model)->main().operators[0].options));
  }
  const auto model = ReadModel(OneOp(BuiltinOp::kQuantize, {}).Build());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(std::holds_alternative<std::monostate>((*model)->main().operators[0].options));
}

TEST(ReadOptionsTest, MissingOnes) {
  for (const BuiltinOp op : {BuiltinOp::kConv2d, BuiltinOp::kDepthwiseConv2d,
                             BuiltinOp::kAveragePool2d, BuiltinOp::kSoftmax}) {
    const auto model = ReadModel(OneOp(op, {}).Build());
    EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(model.status().message()), HasSubstr("Options are missing"));
  }
}

TEST(ReadOptionsTest, ThoseOfAnotherOperator) {
  const auto model = ReadModel(OneOp(BuiltinOp::kConv2d, Pool2DOptions{}).Build());
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("operator 0 (CONV_2D): has Pool2DOptions instead of Conv2DOptions"));
}

TEST(ReadOptionsTest, ValuesOutsideTheFormat) {
  ModelBuilder activation = OneOp(BuiltinOp::kAdd, AddOptions{});
  activation.raw()
      .subgraphs[0]
      ->operators[0]
      ->builtin_options.AsAddOptions()
      ->fused_activation_function = static_cast<tflite::ActivationFunctionType>(9);
  auto model = ReadModel(activation.Build());
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()), HasSubstr("fused activation 9"));

  ModelBuilder padding = OneOp(BuiltinOp::kMaxPool2d, Pool2DOptions{});
  padding.raw().subgraphs[0]->operators[0]->builtin_options.AsPool2DOptions()->padding =
      static_cast<tflite::Padding>(-1);
  model = ReadModel(padding.Build());
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()), HasSubstr("padding -1"));
}

}  // namespace
}  // namespace octet
