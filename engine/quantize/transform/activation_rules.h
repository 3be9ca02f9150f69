// Which operators have kernels for integer activations, and how their scales hang together.
// Source: TensorFlow Lite's 8-bit quantization specification; probes of its converter.
#ifndef OCTET_ENGINE_QUANTIZE_TRANSFORM_ACTIVATION_RULES_H_
#define OCTET_ENGINE_QUANTIZE_TRANSFORM_ACTIVATION_RULES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/model/builtin_op.h"
#include "engine/quantize/transform/options.h"

namespace octet {

// How real numbers become codes of one scale: code = real / scale + zero_point.
struct ScaleChoice {
  float scale = 1;
  int32_t zero_point = 0;
  friend bool operator==(const ScaleChoice&, const ScaleChoice&) = default;
};

enum class ScaleRule {
  kOwn,       // the output has a scale of its own
  kFixed,     // the output's scale is the specification's
  kForward,   // the one float input's scale is the outputs' too
  kJoint,     // all float inputs and the output have one scale, the output's
  kNoOutput,  // codes in, other types out
};

struct ActivationRule {
  BuiltinOp op;
  ScaleRule int8_rule;
  int int8_version;                // lowest with an int8 kernel
  absl::string_view int8_runtime;  // first TensorFlow runtime that has it
  ScaleRule int16_rule;
  int int16_version;       // 0: there is no int16 kernel that all runtimes have
  ScaleChoice int8_fixed;  // of kFixed
  ScaleChoice int16_fixed;
};

// Null for an operator without a kernel for integer activations.
const ActivationRule* FindActivationRule(BuiltinOp op);

// Of the rule, for kFullInteger or kInt16x8.
ScaleRule ScaleRuleOf(const ActivationRule& rule, QuantizationMode mode);
int VersionOf(const ActivationRule& rule, QuantizationMode mode);
ScaleChoice FixedScaleOf(const ActivationRule& rule, QuantizationMode mode);

}  // namespace octet

#endif  // OCTET_ENGINE_QUANTIZE_TRANSFORM_ACTIVATION_RULES_H_
