#include "engine/ops/core/activation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace octet::ops {
namespace {

using ::testing::HasSubstr;

TensorDef Output(float scale, int32_t zero_point, DataType type = DataType::kInt8) {
  TensorDef tensor;
  tensor.type = type;
  tensor.quantization.scale = {scale};
  tensor.quantization.zero_point = {zero_point};
  return tensor;
}

void ExpectCodes(Activation activation, const TensorDef& output, Rounding rule, int32_t lo,
                 int32_t hi) {
  const auto range = ActivationCodes(activation, output, rule);
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->lo, lo);
  EXPECT_EQ(range->hi, hi);
}

TEST(ActivationTest, NoneIsTheTypesRange) {
  for (Rounding rule : {Rounding::kFloat32, Rounding::kFixedPoint}) {
    ExpectCodes(Activation::kNone, Output(0.1f, 3), rule, -128, 127);
    ExpectCodes(Activation::kNone, Output(0.1f, 3, DataType::kUint8), rule, 0, 255);
    ExpectCodes(Activation::kNone, Output(0.1f, 0, DataType::kInt16), rule, -32768, 32767);
  }
}

TEST(ActivationTest, BoundsAwayFromTies) {
  for (Rounding rule : {Rounding::kFloat32, Rounding::kFixedPoint}) {
    ExpectCodes(Activation::kRelu, Output(0.1f, 3), rule, 3, 127);
    ExpectCodes(Activation::kRelu6, Output(0.1f, 3), rule, 3, 63);
    ExpectCodes(Activation::kReluN1To1, Output(0.1f, 3), rule, -7, 13);
  }
}

// 6 / 4 = 1.5. XNNPACK rounds 1.5 + zero point to even; the builtin kernels round 1.5 up, then add.
TEST(ActivationTest, TiesDependOnTheRule) {
  ExpectCodes(Activation::kRelu6, Output(4, 0), Rounding::kFloat32, 0, 2);
  ExpectCodes(Activation::kRelu6, Output(4, 1), Rounding::kFloat32, 1, 2);
  ExpectCodes(Activation::kRelu6, Output(4, 0), Rounding::kFixedPoint, 0, 2);
  ExpectCodes(Activation::kRelu6, Output(4, 1), Rounding::kFixedPoint, 1, 3);
  // -1 / 2 and 1 / 2.
  ExpectCodes(Activation::kReluN1To1, Output(2, 0), Rounding::kFloat32, 0, 0);
  ExpectCodes(Activation::kReluN1To1, Output(2, 1), Rounding::kFloat32, 0, 2);
  ExpectCodes(Activation::kReluN1To1, Output(2, 0), Rounding::kFixedPoint, -1, 1);
  ExpectCodes(Activation::kReluN1To1, Output(2, 1), Rounding::kFixedPoint, 0, 2);
}

TEST(ActivationTest, BoundsAreCutToTheType) {
  for (Rounding rule : {Rounding::kFloat32, Rounding::kFixedPoint}) {
    ExpectCodes(Activation::kRelu6, Output(0.01f, 100), rule, 100, 127);
    ExpectCodes(Activation::kReluN1To1, Output(0.001f, 0), rule, -128, 127);
    // 6 divided by the smallest normal number overflows.
    ExpectCodes(Activation::kRelu6, Output(std::numeric_limits<float>::min(), -128), rule, -128,
                127);
  }
}

TEST(ActivationTest, RealBounds) {
  EXPECT_EQ(ActivationValues(Activation::kRelu6)->lo, 0.0f);
  EXPECT_EQ(ActivationValues(Activation::kRelu6)->hi, 6.0f);
  EXPECT_EQ(ActivationValues(Activation::kReluN1To1)->lo, -1.0f);
  EXPECT_EQ(ActivationValues(Activation::kReluN1To1)->hi, 1.0f);
  EXPECT_EQ(ActivationValues(Activation::kRelu)->hi, std::numeric_limits<float>::infinity());
  EXPECT_EQ(ActivationValues(Activation::kNone)->lo, -std::numeric_limits<float>::infinity());
}

TEST(ActivationTest, WhatIsNoClampIsRefusedByName) {
  const auto tanh = ActivationCodes(Activation::kTanh, Output(0.1f, 0), Rounding::kFloat32);
  EXPECT_EQ(tanh.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(tanh.status().message(), HasSubstr("TANH"));
  EXPECT_THAT(ActivationValues(Activation::kSignBit).status().message(), HasSubstr("SIGN_BIT"));
}

}  // namespace
}  // namespace octet::ops
