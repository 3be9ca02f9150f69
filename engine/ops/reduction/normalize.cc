// L2_NORMALIZATION and LOCAL_RESPONSE_NORMALIZATION of float32, along the last dimension.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
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
  return {
      {BuiltinOp::kL2Normalization, 1, 2, {kF32}, {kF32}, &PrepareL2},
      {BuiltinOp::kLocalResponseNormalization, 1, 1, {kF32}, {kF32}, &PrepareLocalResponse},
  };
}

}  // namespace octet::ops
