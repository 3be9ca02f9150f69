#include "server/services/quantize_options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(QuantizeOptionsMessage, AnEmptyOneHasTheEnginesDefaults) {
  const absl::StatusOr<QuantizeOptions> options = ParseQuantizeOptions({});
  ASSERT_TRUE(options.ok()) << options.status();
  const QuantizeOptions defaults;
  EXPECT_EQ(options->mode, QuantizationMode::kDynamicRange);
  EXPECT_EQ(options->min_weight_elements, defaults.min_weight_elements);
  EXPECT_TRUE(options->per_channel);
  EXPECT_EQ(options->calibration.method, CalibrationMethod::kMinMax);
  EXPECT_EQ(options->calibration.percentile, defaults.calibration.percentile);
  EXPECT_EQ(options->input_type, EdgeType::kFloat32);
}

TEST(QuantizeOptionsMessage, EveryFieldArrives) {
  octet::v1::QuantizeOptions message;
  message.set_mode(octet::v1::QUANTIZATION_MODE_FULL_INTEGER);
  message.set_min_weight_elements(0);
  message.set_per_tensor(true);
  message.set_calibration(octet::v1::CALIBRATION_METHOD_PERCENTILE);
  message.set_percentile(99);
  message.set_averaging_constant(0.5);
  message.set_input_type("UINT8");
  message.set_output_type("INT8");
  message.set_require_full_integer(true);
  message.set_bias_correction(true);
  message.set_cross_layer_equalization(true);
  message.add_include_ops("CONV_2D");
  message.add_exclude_ops("a*");
  message.add_include_tensors("b?");
  message.add_exclude_tensors("c");
  const absl::StatusOr<QuantizeOptions> options = ParseQuantizeOptions(message);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->mode, QuantizationMode::kFullInteger);
  EXPECT_EQ(options->min_weight_elements, 0);
  EXPECT_FALSE(options->per_channel);
  EXPECT_EQ(options->calibration.method, CalibrationMethod::kPercentile);
  EXPECT_EQ(options->calibration.percentile, 99);
  EXPECT_EQ(options->calibration.averaging_constant, 0.5);
  EXPECT_EQ(options->input_type, EdgeType::kUint8);
  EXPECT_EQ(options->output_type, EdgeType::kInt8);
  EXPECT_TRUE(options->require_full_integer);
  EXPECT_TRUE(options->bias_correction);
  EXPECT_TRUE(options->cross_layer_equalization);
  EXPECT_THAT(options->selection.include_ops, ElementsAre("CONV_2D"));
  EXPECT_THAT(options->selection.exclude_ops, ElementsAre("a*"));
  EXPECT_THAT(options->selection.include_tensors, ElementsAre("b?"));
  EXPECT_THAT(options->selection.exclude_tensors, ElementsAre("c"));
}

void ExpectRefused(const octet::v1::QuantizeOptions& message, const char* text) {
  const absl::Status status = ParseQuantizeOptions(message).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(text));
}

TEST(QuantizeOptionsMessage, WhatMakesNoSenseIsNamed) {
  octet::v1::QuantizeOptions message;
  message.set_mode(static_cast<octet::v1::QuantizationMode>(99));
  ExpectRefused(message, "options.mode: no mode 99");
  message.Clear();
  message.set_calibration(static_cast<octet::v1::CalibrationMethod>(98));
  ExpectRefused(message, "options.calibration: no method 98");
  message.Clear();
  message.set_input_type("INT4");
  ExpectRefused(message, "options.input_type is 'INT4'");
  message.Clear();
  message.set_percentile(7);
  ExpectRefused(message, "percentile is 7");
  message.Clear();
  message.set_output_type("INT8");  // of dynamic range
  ExpectRefused(message, "output_type");
  message.Clear();
  message.set_bias_correction(true);
  ExpectRefused(message, "bias_correction");
}

}  // namespace
}  // namespace octet::server
