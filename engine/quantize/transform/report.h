// What the quantizer did, and what it cost.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_REPORT_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/data_type.h"

namespace octet {

enum class TensorRole {
  kWeight,      // what an operator multiplies by: filters, matrices, tables
  kBias,        //
  kConstant,    // any other float constant
  kActivation,  // fed or computed
};

// "weight", "bias", "constant", "activation".
const char* TensorRoleName(TensorRole role);

inline constexpr int64_t kNoSample = -1;

// What became of one float tensor of the source.
struct TensorReport {
  std::string tensor;
  // The first operator that reads it ("CONV_2D"); of an activation the one that writes it, empty
  // for an input of the model.
  std::string op;
  TensorRole role = TensorRole::kWeight;
  bool quantized = false;
  std::string reason;                  // why it stayed float; empty where it was quantized
  DataType type = DataType::kFloat32;  // in the result
  int64_t elements = 0;
  int64_t bytes_before = 0;  // of constant data; 0 for an activation
  int64_t bytes_after = 0;   // with scales and zero points
  int32_t scales = 0;        // number of scales; 0 where it has none
  int32_t quantized_dimension = 0;
  double scale = 0;  // of the first channel
  int32_t zero_point = 0;
  double min = 0;  // of the constant's data, or of the activation over all samples
  double max = 0;
  double sqnr_db = 0;  // of constant data: signal to quantization noise; infinite without error

  // Of an activation in a mode with samples.
  double range_min = 0;  // what its codes can stand for
  double range_max = 0;
  bool fixed_range = false;        // set by the operator's specification, not by the samples
  int64_t min_sample = kNoSample;  // the sample that had `min`, the first of equals
  int64_t max_sample = kNoSample;  // and `max`
  std::vector<int64_t> histogram;  // counts of values in equal bins over [min, max]; may be empty
};

// Difference of a tensor of the quantized model from the float model's, over all samples.
struct ErrorMeasure {
  double sqnr_db = 0;  // infinite where they are equal
  double cosine = 1;   // of the angle between the two
  double max_abs = 0;
};

// By operator of the source; errors of earlier layers are part of it.
struct LayerReport {
  int64_t op_index = 0;  // in the source's main subgraph
  std::string op;
  std::string tensor;  // its output
  bool quantized = false;
  std::string reason;  // why it stayed float; empty where it was quantized
  bool measured = false;
  ErrorMeasure error;
};

struct OutputReport {
  std::string output;  // its public name
  ErrorMeasure error;
  double agreement = 0;  // share of the samples on which both put the same element first
};

// A place where the result differs from what TensorFlow's converter would write, on purpose.
// engine/quantize/CONVERTER.md has them all.
struct DeviationReport {
  std::string rule;    // "own-range", ...: the name in CONVERTER.md
  std::string tensor;  // or operator's output
  std::string detail;
};

// What an optional improvement did in one place.
struct ImprovementReport {
  std::string kind;    // "bias-correction", "cross-layer-equalization"
  std::string tensor;  // bias, or weights, that it changed
  std::string detail;
  double before = 0;  // the mean error, or the ratio of largest to smallest channel range
  double after = 0;
};

// Something that keeps a target from taking the model.
struct Obstacle {
  int64_t subgraph = 0;
  int64_t op_index = 0;  // in the file asked about; -1 where no operator is to blame
  std::string op;
  std::string tensor;
  std::string reason;
};

struct CompatibilityReport {
  std::vector<Obstacle> not_int8;  // what keeps the model from being fully int8
  std::vector<Obstacle> edge_tpu;  // by the vendor's published list: see CONVERTER.md
  std::vector<Obstacle> micro;     // TensorFlow Lite for Microcontrollers

  bool fully_int8() const { return not_int8.empty(); }
  bool edge_tpu_takes_it() const { return edge_tpu.empty(); }
  bool micro_takes_it() const { return micro.empty(); }
};

struct QuantizeReport {
  int64_t bytes_before = 0;  // file sizes
  int64_t bytes_after = 0;
  std::vector<TensorReport> tensors;  // constants, then activations, each in the file's order
  std::vector<LayerReport> layers;    // of the main subgraph, in order
  int64_t samples = 0;
  std::vector<OutputReport> outputs;  // of the whole model; empty where nothing was measured
  std::vector<DeviationReport> deviations;
  std::vector<ImprovementReport> improvements;
  // Of kFloat16: weights beyond ±65504, which were cut, and those that became 0.
  int64_t clamped_weights = 0;
  int64_t vanished_weights = 0;
  CompatibilityReport compatibility;  // of the result
  std::vector<std::string> notes;     // anything else that a user should know
};

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_REPORT_H_
