// What the quantizer is asked to do.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_OPTIONS_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet {

enum class QuantizationMode {
  kDynamicRange,  // int8 weights, float activations quantized on the fly
  kFullInteger,   // int8 weights and activations; needs samples
  kFloat16,       // float16 constants, made float32 again when the model is prepared
  kInt16x8,       // int8 weights, int16 activations; needs samples
  kWeightOnly,    // int8 weights, made float32 again when the model is prepared
};

// "dynamic-range", "full-integer", "float16", "int16x8" and "weight-only". InvalidArgument for any
// other text.
absl::StatusOr<QuantizationMode> ParseQuantizationMode(absl::string_view text);
absl::string_view QuantizationModeName(QuantizationMode mode);

// How the range of an activation follows from its values over all samples.
enum class CalibrationMethod {
  kMinMax,         // smallest and largest value: what TensorFlow's converter does
  kMovingAverage,  // exponential average of each sample's smallest and largest value
  kPercentile,     // cut so that the given share of the values lies inside
  kMse,            // the cut with the least mean squared error of the codes
};

// "min-max", "moving-average", "percentile" and "mse". InvalidArgument for any other text.
absl::StatusOr<CalibrationMethod> ParseCalibrationMethod(absl::string_view text);
absl::string_view CalibrationMethodName(CalibrationMethod method);

struct CalibrationOptions {
  CalibrationMethod method = CalibrationMethod::kMinMax;
  // Of kMovingAverage: the weight of each new sample, in (0, 1]; the first 1 / averaging_constant
  // weigh alike.
  double averaging_constant = 0.01;
  // Of kPercentile: share of the values to keep, in percent, in (50, 100]; what is left is cut off
  // in equal shares at both ends.
  double percentile = 99.99;
};

// Type of the model's float inputs or outputs once it is quantized.
enum class EdgeType {
  kFloat32,  // QUANTIZE and DEQUANTIZE at the edge
  kInt8,     // of kFullInteger
  kUint8,    // of kFullInteger: int8 inside, QUANTIZE at the edge
  kInt16,    // of kInt16x8
};

// "float32", "int8", "uint8" and "int16". InvalidArgument for any other text.
absl::StatusOr<EdgeType> ParseEdgeType(absl::string_view text);
absl::string_view EdgeTypeName(EdgeType type);

// Which operators and tensors to quantize. Texts match whole names; '*' stands for any characters
// and '?' for one. An operator is known by its kind ("CONV_2D") and by the name of any of its
// outputs; a tensor by its name.
//
// An operator is left as it is where `include_ops` is not empty and none of it matches, or where
// one of `exclude_ops` does. A constant, likewise by `include_tensors` and `exclude_tensors`, is
// left float, and so is its operator where it could not take it; an activation that
// `exclude_tensors` matches stays float, and so do the operators that read or write it.
struct QuantizeSelection {
  std::vector<std::string> include_ops;
  std::vector<std::string> exclude_ops;
  std::vector<std::string> include_tensors;  // constants alone
  std::vector<std::string> exclude_tensors;
};

struct QuantizeOptions {
  QuantizationMode mode = QuantizationMode::kDynamicRange;
  // Weights with fewer elements stay float; TensorFlow's converter uses 1024. Of kDynamicRange and
  // kWeightOnly; the other modes take constants of any size.
  int64_t min_weight_elements = 1024;
  // One scale per output channel rather than one per tensor.
  bool per_channel = true;
  QuantizeSelection selection;

  // Of the modes that need samples.
  CalibrationOptions calibration;
  EdgeType input_type = EdgeType::kFloat32;
  EdgeType output_type = EdgeType::kFloat32;
  // Operators without an integer kernel are an error rather than stay float between DEQUANTIZE and
  // QUANTIZE.
  bool require_full_integer = false;
  // Takes the mean error that the weights' rounding brings to each output channel, over the
  // samples, back out of the bias.
  bool bias_correction = false;
  // Evens out the weights' ranges between neighbouring layers, channel by channel, which changes
  // nothing for the float model.
  bool cross_layer_equalization = false;
  // Runs the float and the quantized model on the samples, and fills the report's `layers`,
  // `outputs` and histograms. Of every mode, where there are samples.
  bool measure_error = true;
};

// InvalidArgument for values out of range and for settings that the mode does not have.
absl::Status CheckQuantizeOptions(const QuantizeOptions& options);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_OPTIONS_H_
