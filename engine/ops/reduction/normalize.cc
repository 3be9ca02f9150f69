// L2_NORMALIZATION and LOCAL_RESPONSE_NORMALIZATION, along the last dimension. NUMERICS.md,
// "L2_NORMALIZATION".
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/reciprocal_root.h"
#include "engine/ops/reduction/row_op.h"
#include "engine/ops/reduction/rows.h"

namespace octet::ops {
namespace {

// The same shape, row by row of the last dimension.
class Normalize : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() == 0) return absl::InvalidArgumentError("the input is a scalar");
    return Shapes{inputs[0]};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool>) const override {
    if (inputs[0].rank() >= 2) return absl::OkStatus();
    return absl::FailedPreconditionError("it runs over dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& shape = context.input_shapes[0];
    const int32_t depth = shape.dim(shape.rank() - 1);
    for (int64_t at = 0; at < shape.num_elements(); at += depth) {
      RunRow(context.in<float>(0) + at, context.out<float>(0) + at, depth);
    }
    return absl::OkStatus();
  }

 protected:
  virtual void RunRow(const float* in, float* out, int32_t depth) const = 0;
};

class L2Normalization final : public Normalize {
  void RunRow(const float* in, float* out, int32_t depth) const override {
    // A row of zeros stays one.
    constexpr float kLeastNorm = 1e-6f;
    float squares = 0;
    for (int32_t c = 0; c < depth; ++c) squares += in[c] * in[c];
    const float norm = std::max(std::sqrt(squares), kLeastNorm);
    for (int32_t c = 0; c < depth; ++c) out[c] = in[c] / norm;
  }
};

// Codes of both signs: an integer reciprocal root of the sum of squares.
template <typename T>
class L2NormalizationCodes final : public RowOp {
 public:
  explicit L2NormalizationCodes(int32_t zero_point) : zero_point_(zero_point) {}

  // The sum of squares of a row stays inside int32.
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(Shapes shapes, RowOp::InferShapes(inputs));
    if (shapes[0].dim(shapes[0].rank() - 1) > 33025) {
      return absl::InvalidArgumentError(
          absl::StrCat("rows of ", shapes[0].ToString(), " are longer than 33025"));
    }
    return shapes;
  }

  absl::Status Run(const RunContext& context) const override {
    ForEachRow<T, T>(context, [this](const T* in, T* out, int64_t depth) {
      int32_t squares = 0;
      for (int64_t i = 0; i < depth; ++i) {
        const int32_t centred = in[i] - zero_point_;
        squares += centred * centred;
      }
      const kernels::FixedPointMultiplier inverse = ReciprocalRootMultiplier(squares);
      for (int64_t i = 0; i < depth; ++i) out[i] = Code(in[i] - zero_point_, inverse);
    });
    return absl::OkStatus();
  }

 private:
  // The two kernels raise the value by 2^7, the output's scale, at different places.
  static T Code(int32_t centred, kernels::FixedPointMultiplier inverse) {
    if constexpr (std::is_same_v<T, uint8_t>) {
      const int32_t code = 128 + kernels::MultiplyByFixedPoint(128 * centred, inverse);
      return static_cast<T>(std::clamp(code, 0, 255));
    } else {
      inverse.exponent += 7;
      const int32_t code = kernels::MultiplyByFixedPoint(centred, inverse);
      return static_cast<T>(std::clamp(code, -128, 127));
    }
  }

  const int32_t zero_point_;
};

class LocalResponseNormalization final : public Normalize {
 public:
  explicit LocalResponseNormalization(const LocalResponseNormalizationOptions& options)
      : options_(options) {}

 private:
  void RunRow(const float* in, float* out, int32_t depth) const override {
    for (int32_t c = 0; c < depth; ++c) {
      const int64_t begin = std::max<int64_t>(int64_t{c} - options_.radius, 0);
      const int64_t end = std::min<int64_t>(int64_t{c} + options_.radius + 1, depth);
      float squares = 0;
      for (int64_t i = begin; i < end; ++i) squares += in[i] * in[i];
      out[c] = in[c] * std::pow(options_.bias + options_.alpha * squares, -options_.beta);
    }
  }

  const LocalResponseNormalizationOptions options_;
};

PreparedOp PrepareL2(const PrepareContext& context) {
  if (context.options<ActivationOptions>().activation != Activation::kNone) {
    return absl::UnimplementedError("a fused activation");
  }
  return std::make_unique<L2Normalization>();
}

template <typename T>
PreparedOp PrepareL2Codes(const PrepareContext& context) {
  if (context.options<ActivationOptions>().activation != Activation::kNone) {
    return absl::UnimplementedError("a fused activation");
  }
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  const Quantization& q = output.quantization;
  const int32_t zero_point = std::is_same_v<T, uint8_t> ? 128 : 0;
  if (q.scale[0] != 1.0f / 128 || q.zero_point[0] != zero_point) {
    return absl::InvalidArgumentError(absl::StrCat("output '", output.name, "' has scale ",
                                                   q.scale[0], " and zero point ", q.zero_point[0],
                                                   "; 1/128 and ", zero_point, " are needed"));
  }
  return std::make_unique<L2NormalizationCodes<T>>(input.quantization.zero_point[0]);
}

PreparedOp PrepareLocalResponse(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckRank(*context.input(0), 4));
  const auto options = context.options<LocalResponseNormalizationOptions>();
  if (options.radius < 0) {
    return absl::InvalidArgumentError(absl::StrCat("radius ", options.radius, " is negative"));
  }
  return std::make_unique<LocalResponseNormalization>(options);
}

}  // namespace

OpRowList NormalizeRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  return {
      {BuiltinOp::kL2Normalization, 1, 2, {kS8}, {kS8}, &PrepareL2Codes<int8_t>},
      {BuiltinOp::kL2Normalization, 1, 2, {kU8}, {kU8}, &PrepareL2Codes<uint8_t>},
      {BuiltinOp::kL2Normalization, 1, 2, {kF32}, {kF32}, &PrepareL2},
      {BuiltinOp::kLocalResponseNormalization, 1, 1, {kF32}, {kF32}, &PrepareLocalResponse},
  };
}

}  // namespace octet::ops
