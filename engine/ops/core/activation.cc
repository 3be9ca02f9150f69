#include "engine/ops/core/activation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/status_macros.h"

namespace octet::ops {
namespace {

// The code of real value `v`, not yet cut to [lo, hi] by the fixed-point rule.
int32_t CodeOf(float v, float scale, int32_t zero_point, CodeRange type, Rounding rule) {
  if (rule == Rounding::kFloat32) {
    const float code = v / scale + static_cast<float>(zero_point);
    const float cut = std::clamp(code, static_cast<float>(type.lo), static_cast<float>(type.hi));
    return static_cast<int32_t>(std::rint(cut));
  }
  const double code = std::round(static_cast<double>(v / scale)) + zero_point;
  return static_cast<int32_t>(std::clamp<double>(code, type.lo, type.hi));
}

}  // namespace

CodeRange TypeRange(DataType type) {
  switch (type) {
    case DataType::kUint8:
      return {0, 255};
    case DataType::kInt16:
      return {-32768, 32767};
    default:
      return {-128, 127};
  }
}

absl::StatusOr<FloatRange> ActivationValues(Activation activation) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  switch (activation) {
    case Activation::kNone:
      return FloatRange{-kInfinity, kInfinity};
    case Activation::kRelu:
      return FloatRange{0.0f, kInfinity};
    case Activation::kReluN1To1:
      return FloatRange{-1.0f, 1.0f};
    case Activation::kRelu6:
      return FloatRange{0.0f, 6.0f};
    case Activation::kTanh:
      return absl::UnimplementedError("fused activation TANH");
    case Activation::kSignBit:
      return absl::UnimplementedError("fused activation SIGN_BIT");
  }
  return absl::UnimplementedError("unknown fused activation");
}

absl::StatusOr<CodeRange> ActivationCodes(Activation activation, const TensorDef& output,
                                          Rounding rule) {
  OCTET_ASSIGN_OR_RETURN(const FloatRange values, ActivationValues(activation));
  const CodeRange type = TypeRange(output.type);
  const float scale = output.quantization.scale[0];
  const int32_t zero_point = output.quantization.zero_point[0];
  CodeRange range = type;
  if (std::isfinite(values.lo)) range.lo = CodeOf(values.lo, scale, zero_point, type, rule);
  if (std::isfinite(values.hi)) range.hi = CodeOf(values.hi, scale, zero_point, type, rule);
  return range;
}

}  // namespace octet::ops
