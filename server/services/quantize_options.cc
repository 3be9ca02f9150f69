#include "server/services/quantize_options.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace octet::server {
namespace {

absl::StatusOr<QuantizationMode> ParseMode(const octet::v1::QuantizeOptions& message) {
  switch (message.mode()) {
    case octet::v1::QUANTIZATION_MODE_UNSPECIFIED:
    case octet::v1::QUANTIZATION_MODE_DYNAMIC_RANGE:
      return QuantizationMode::kDynamicRange;
    case octet::v1::QUANTIZATION_MODE_FULL_INTEGER:
      return QuantizationMode::kFullInteger;
    case octet::v1::QUANTIZATION_MODE_FLOAT16:
      return QuantizationMode::kFloat16;
    case octet::v1::QUANTIZATION_MODE_INT16X8:
      return QuantizationMode::kInt16x8;
    case octet::v1::QUANTIZATION_MODE_WEIGHT_ONLY:
      return QuantizationMode::kWeightOnly;
    default:
      return absl::InvalidArgumentError(absl::StrCat("options.mode: no mode ", message.mode()));
  }
}

absl::StatusOr<CalibrationMethod> ParseMethod(const octet::v1::QuantizeOptions& message) {
  switch (message.calibration()) {
    case octet::v1::CALIBRATION_METHOD_UNSPECIFIED:
    case octet::v1::CALIBRATION_METHOD_MIN_MAX:
      return CalibrationMethod::kMinMax;
    case octet::v1::CALIBRATION_METHOD_MOVING_AVERAGE:
      return CalibrationMethod::kMovingAverage;
    case octet::v1::CALIBRATION_METHOD_PERCENTILE:
      return CalibrationMethod::kPercentile;
    case octet::v1::CALIBRATION_METHOD_MSE:
      return CalibrationMethod::kMse;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("options.calibration: no method ", message.calibration()));
  }
}

absl::StatusOr<EdgeType> ParseEdge(const std::string& text, absl::string_view field) {
  if (text.empty() || text == "FP32") return EdgeType::kFloat32;
  if (text == "INT8") return EdgeType::kInt8;
  if (text == "UINT8") return EdgeType::kUint8;
  if (text == "INT16") return EdgeType::kInt16;
  return absl::InvalidArgumentError(
      absl::StrCat("options.", field, " is '", text, "'; it is FP32, INT8, UINT8 or INT16"));
}

}  // namespace

absl::StatusOr<QuantizeOptions> ParseQuantizeOptions(const octet::v1::QuantizeOptions& message) {
  const absl::StatusOr<QuantizationMode> mode = ParseMode(message);
  if (!mode.ok()) return mode.status();
  const absl::StatusOr<CalibrationMethod> method = ParseMethod(message);
  if (!method.ok()) return method.status();
  const absl::StatusOr<EdgeType> input = ParseEdge(message.input_type(), "input_type");
  if (!input.ok()) return input.status();
  const absl::StatusOr<EdgeType> output = ParseEdge(message.output_type(), "output_type");
  if (!output.ok()) return output.status();
  QuantizeOptions options;
  options.mode = *mode;
  if (message.has_min_weight_elements()) {
    options.min_weight_elements = message.min_weight_elements();
  }
  options.per_channel = !message.per_tensor();
  options.calibration.method = *method;
  if (message.has_percentile()) options.calibration.percentile = message.percentile();
  if (message.has_averaging_constant()) {
    options.calibration.averaging_constant = message.averaging_constant();
  }
  options.input_type = *input;
  options.output_type = *output;
  options.require_full_integer = message.require_full_integer();
  options.bias_correction = message.bias_correction();
  options.cross_layer_equalization = message.cross_layer_equalization();
  options.selection.include_ops.assign(message.include_ops().begin(), message.include_ops().end());
  options.selection.exclude_ops.assign(message.exclude_ops().begin(), message.exclude_ops().end());
  options.selection.include_tensors.assign(message.include_tensors().begin(),
                                           message.include_tensors().end());
  options.selection.exclude_tensors.assign(message.exclude_tensors().begin(),
                                           message.exclude_tensors().end());
  if (absl::Status checked = CheckQuantizeOptions(options); !checked.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("options: ", checked.message()));
  }
  return options;
}

}  // namespace octet::server
