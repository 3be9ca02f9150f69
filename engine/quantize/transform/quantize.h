// Post-training quantization of a whole file.
//
// Bit-compatible with TensorFlow's converter where that is right; engine/NUMERICS.md, section
// "Quantizer", states the arithmetic and the deliberate differences.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_QUANTIZE_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_QUANTIZE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet {

enum class QuantizationMode {
  kDynamicRange,  // int8 weights, float activations quantized on the fly
};

// "dynamic-range". Unimplemented for the other names that the interface knows, InvalidArgument
// else.
absl::StatusOr<QuantizationMode> ParseQuantizationMode(absl::string_view text);

struct QuantizeOptions {
  QuantizationMode mode = QuantizationMode::kDynamicRange;
  // Weights with fewer elements stay float; TensorFlow's converter uses 1024.
  int64_t min_weight_elements = 1024;
  // One scale per output channel rather than one per tensor.
  bool per_channel = true;
};

// What became of one constant float tensor.
struct TensorReport {
  std::string tensor;
  std::string op;  // the first operator that reads it: "CONV_2D"
  bool quantized = false;
  std::string reason;  // why it stayed float; empty where it was quantized
  int64_t elements = 0;
  int64_t bytes_before = 0;
  int64_t bytes_after = 0;
  int32_t scales = 0;  // number of scales; 0 where it stayed float
  int32_t quantized_dimension = 0;
  double min = 0;  // of the float weights
  double max = 0;
  double sqnr_db = 0;  // signal to quantization noise; infinite where there is no error
};

struct QuantizeReport {
  int64_t bytes_before = 0;  // file sizes
  int64_t bytes_after = 0;
  std::vector<TensorReport> tensors;  // in the file's order
};

struct QuantizedModel {
  std::string bytes;  // a `.tflite` file
  QuantizeReport report;
};

// Called between tensors: done and total number of tensors, and the next one's name. Returning
// false cancels the work.
using QuantizeProgress =
    absl::FunctionRef<bool(int64_t done, int64_t total, absl::string_view tensor)>;

// Pure: the same bytes and options give the same file. Thread-safe.
//
// Errors: InvalidArgument for a file that is no sound model, a weight that is NaN or infinite
// (tensor and index named), or options out of range; FailedPrecondition for a model that is
// quantized already; Cancelled where `progress` returned false.
absl::StatusOr<QuantizedModel> QuantizeModel(absl::string_view model,
                                             const QuantizeOptions& options,
                                             QuantizeProgress progress);
absl::StatusOr<QuantizedModel> QuantizeModel(absl::string_view model,
                                             const QuantizeOptions& options);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_QUANTIZE_H_
