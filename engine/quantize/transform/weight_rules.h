// Which operators have kernels for float activations and int8 weights, and what their files say.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_WEIGHT_RULES_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_WEIGHT_RULES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/model/builtin_op.h"

namespace octet {

inline constexpr int kNoInput = -1;

struct WeightRule {
  BuiltinOp op;
  int weight_input;
  int activation_input;  // kNoInput where no activation is multiplied with the weights
  int bias_input;        // kNoInput where there is none
  int rank;              // of the weights; kAnyRank
  int axis;              // quantized dimension, or kPerTensor
  // Lowest operator version with such a kernel, and the first TensorFlow runtime that has it: for
  // one scale a channel, and for one scale.
  int per_axis_version;
  absl::string_view per_axis_runtime;
  int per_tensor_version;
  absl::string_view per_tensor_runtime;
};

inline constexpr int kAnyRank = -1;

// Null for an operator without such a kernel.
const WeightRule* FindWeightRule(BuiltinOp op);

// A recurrent operator: the hybrid kernel takes all of its matrices as codes, each with one scale.
struct RecurrentRule {
  BuiltinOp op;
  absl::Span<const int> matrices;   // inputs; absent ones do not count
  absl::Span<const int> peepholes;  // inputs that such a kernel would take as codes too
  absl::Span<const int> biases;
  int version;
  absl::string_view runtime;
};

// Null for others.
const RecurrentRule* FindRecurrentRule(BuiltinOp op);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_WEIGHT_RULES_H_
