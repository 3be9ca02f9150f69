#include "engine/quantize/transform/options.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/base/status_macros.h"
#include "engine/model/text.h"

namespace octet {
namespace {

template <typename T>
using Named = std::pair<T, absl::string_view>;

constexpr Named<QuantizationMode> kModes[] = {{QuantizationMode::kDynamicRange, "dynamic-range"},
                                              {QuantizationMode::kFullInteger, "full-integer"},
                                              {QuantizationMode::kFloat16, "float16"},
                                              {QuantizationMode::kInt16x8, "int16x8"},
                                              {QuantizationMode::kWeightOnly, "weight-only"}};
constexpr Named<CalibrationMethod> kMethods[] = {
    {CalibrationMethod::kMinMax, "min-max"},
    {CalibrationMethod::kMovingAverage, "moving-average"},
    {CalibrationMethod::kPercentile, "percentile"},
    {CalibrationMethod::kMse, "mse"}};
constexpr Named<EdgeType> kEdges[] = {{EdgeType::kFloat32, "float32"},
                                      {EdgeType::kInt8, "int8"},
                                      {EdgeType::kUint8, "uint8"},
                                      {EdgeType::kInt16, "int16"}};

template <typename T>
absl::string_view NameIn(absl::Span<const Named<T>> table, T value) {
  for (const auto& [known, name] : table) {
    if (known == value) return name;
  }
  return "unknown";
}

template <typename T>
absl::StatusOr<T> ParseIn(absl::Span<const Named<T>> table, absl::string_view text,
                          absl::string_view what) {
  std::string names;
  for (const auto& [value, name] : table) {
    if (text == name) return value;
    absl::StrAppend(&names, names.empty() ? "" : ", ", name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(what, " ", QuoteName(text), " is unknown: ", names));
}

absl::Status CheckEdge(QuantizationMode mode, EdgeType type, absl::string_view what) {
  const bool fits = type == EdgeType::kFloat32 ||
                    (mode == QuantizationMode::kFullInteger && type != EdgeType::kInt16) ||
                    (mode == QuantizationMode::kInt16x8 && type == EdgeType::kInt16);
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " cannot be ", EdgeTypeName(type),
                                                 " in mode ", QuantizationModeName(mode)));
}

absl::Status CheckCalibration(const CalibrationOptions& options) {
  if (!(options.averaging_constant > 0 && options.averaging_constant <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "calibration.averaging_constant is ", options.averaging_constant, "; it is in (0, 1]"));
  }
  if (!(options.percentile > 50 && options.percentile <= 100)) {
    return absl::InvalidArgumentError(
        absl::StrCat("calibration.percentile is ", options.percentile, "; it is in (50, 100]"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<QuantizationMode> ParseQuantizationMode(absl::string_view text) {
  return ParseIn<QuantizationMode>(kModes, text, "quantization mode");
}
absl::string_view QuantizationModeName(QuantizationMode mode) {
  return NameIn<QuantizationMode>(kModes, mode);
}

absl::StatusOr<CalibrationMethod> ParseCalibrationMethod(absl::string_view text) {
  return ParseIn<CalibrationMethod>(kMethods, text, "calibration method");
}
absl::string_view CalibrationMethodName(CalibrationMethod method) {
  return NameIn<CalibrationMethod>(kMethods, method);
}

absl::StatusOr<EdgeType> ParseEdgeType(absl::string_view text) {
  return ParseIn<EdgeType>(kEdges, text, "edge type");
}
absl::string_view EdgeTypeName(EdgeType type) { return NameIn<EdgeType>(kEdges, type); }

absl::Status CheckQuantizeOptions(const QuantizeOptions& options) {
  if (options.min_weight_elements < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("min_weight_elements is ", options.min_weight_elements, "; it is 0 or more"));
  }
  OCTET_RETURN_IF_ERROR(CheckCalibration(options.calibration));
  OCTET_RETURN_IF_ERROR(CheckEdge(options.mode, options.input_type, "input_type"));
  OCTET_RETURN_IF_ERROR(CheckEdge(options.mode, options.output_type, "output_type"));
  const bool integer =
      options.mode == QuantizationMode::kFullInteger || options.mode == QuantizationMode::kInt16x8;
  for (const auto& [set, name] :
       {std::pair(options.require_full_integer, "require_full_integer"),
        std::pair(options.bias_correction, "bias_correction"),
        std::pair(options.cross_layer_equalization, "cross_layer_equalization")}) {
    if (set && !integer) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is no option of mode ", QuantizationModeName(options.mode)));
    }
  }
  return absl::OkStatus();
}

}  // namespace octet
