#include "engine/quantize/transform/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace octet {
namespace {

using ::testing::HasSubstr;

TEST(QuantizeOptionsTest, NamesAreReadAsTheyAreWritten) {
  for (const char* name : {"dynamic-range", "full-integer", "float16", "int16x8", "weight-only"}) {
    ASSERT_TRUE(ParseQuantizationMode(name).ok()) << name;
    EXPECT_EQ(QuantizationModeName(*ParseQuantizationMode(name)), name);
  }
  for (const char* name : {"min-max", "moving-average", "percentile", "mse"}) {
    ASSERT_TRUE(ParseCalibrationMethod(name).ok()) << name;
    EXPECT_EQ(CalibrationMethodName(*ParseCalibrationMethod(name)), name);
  }
  for (const char* name : {"float32", "int8", "uint8", "int16"}) {
    ASSERT_TRUE(ParseEdgeType(name).ok()) << name;
    EXPECT_EQ(EdgeTypeName(*ParseEdgeType(name)), name);
  }
  const absl::Status unknown = ParseQuantizationMode("int3").status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("weight-only"));
}

void ExpectRefused(const QuantizeOptions& options, const char* message) {
  const absl::Status status = CheckQuantizeOptions(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
}

TEST(QuantizeOptionsTest, WhatMakesNoSenseIsRefusedByName) {
  EXPECT_TRUE(CheckQuantizeOptions({}).ok());
  ExpectRefused({.min_weight_elements = -1}, "min_weight_elements is -1");
  ExpectRefused({.calibration = {.averaging_constant = 0}}, "averaging_constant is 0");
  ExpectRefused({.calibration = {.percentile = 50}}, "percentile is 50");
  ExpectRefused({.calibration = {.percentile = 101}}, "percentile is 101");
}

TEST(QuantizeOptionsTest, EdgesFitTheMode) {
  EXPECT_TRUE(
      CheckQuantizeOptions({.mode = QuantizationMode::kFullInteger, .input_type = EdgeType::kUint8})
          .ok());
  EXPECT_TRUE(
      CheckQuantizeOptions({.mode = QuantizationMode::kInt16x8, .output_type = EdgeType::kInt16})
          .ok());
  ExpectRefused({.input_type = EdgeType::kInt8}, "input_type cannot be int8 in mode dynamic-range");
  ExpectRefused({.mode = QuantizationMode::kInt16x8, .output_type = EdgeType::kInt8},
                "output_type cannot be int8 in mode int16x8");
}

TEST(QuantizeOptionsTest, ImprovementsNeedIntegerActivations) {
  EXPECT_TRUE(
      CheckQuantizeOptions({.mode = QuantizationMode::kFullInteger, .bias_correction = true}).ok());
  ExpectRefused({.bias_correction = true}, "bias_correction is no option of mode dynamic-range");
  ExpectRefused({.require_full_integer = true}, "require_full_integer is no option");
}

}  // namespace
}  // namespace octet
