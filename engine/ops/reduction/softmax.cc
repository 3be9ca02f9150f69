// SOFTMAX over the last dimension, int8 and float32. NUMERICS.md, "SOFTMAX".
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/reduction/fixed_point_math.h"
#include "engine/ops/reduction/rows.h"

namespace octet::ops {
namespace {

class Softmax : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() == 0 || inputs[0].num_elements() == 0) {
      return absl::InvalidArgumentError("the input has no elements in its last dimension");
    }
    return Shapes{inputs[0]};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool>) const override {
    if (inputs[0].rank() >= 2) return absl::OkStatus();
    return absl::FailedPreconditionError("it runs over dimension 0");
  }

 protected:
  // Calls row(in, out, depth) for each row of the last dimension.
  template <typename T, typename RowFunction>
  static void ForEachRow(const RunContext& context, RowFunction row) {
    const Shape& shape = context.input_shapes[0];
    const int64_t depth = shape.dim(shape.rank() - 1);
    for (int64_t at = 0; at < shape.num_elements(); at += depth) {
      row(context.in<T>(0) + at, context.out<T>(0) + at, depth);
    }
  }
};

class SoftmaxF32 final : public Softmax {
 public:
  explicit SoftmaxF32(float beta) : beta_(beta) {}

  absl::Status Run(const RunContext& context) const override {
    ForEachRow<float>(context, [this](const float* in, float* out, int64_t depth) {
      const float max = *std::max_element(in, in + depth);
      float sum = 0;
      for (int64_t i = 0; i < depth; ++i) {
        out[i] = std::exp((in[i] - max) * beta_);
        sum += out[i];
      }
      for (int64_t i = 0; i < depth; ++i) out[i] /= sum;
    });
    return absl::OkStatus();
  }

 private:
  const float beta_;
};

// LiteRT's default: a table of exp(-scale * beta * k), k = max - code, in float32.
class SoftmaxS8Table final : public Softmax {
 public:
  SoftmaxS8Table(float input_scale, float beta, const Quantization& out)
      : output_scale_(out.scale[0]), zero_point_(out.zero_point[0]) {
    const float step = -input_scale * beta;
    exp_[0] = 1;  // also where the step is infinite
    for (int k = 1; k < 256; ++k) {
      // Computed in double, rounded once: the nearest float, whatever the C library's expf does.
      exp_[k] = static_cast<float>(std::exp(static_cast<double>(step * static_cast<float>(k))));
    }
  }

  absl::Status Run(const RunContext& context) const override {
    ForEachRow<int8_t>(context, [this](const int8_t* in, int8_t* out, int64_t depth) {
      const int32_t max = *std::max_element(in, in + depth);
      float sum = 0;
      for (int64_t i = 0; i < depth; ++i) sum += exp_[max - in[i]];
      const float inverse = 1.0f / (sum * output_scale_);
      for (int64_t i = 0; i < depth; ++i) {
        const float code =
            std::round(exp_[max - in[i]] * inverse) + static_cast<float>(zero_point_);
        out[i] = static_cast<int8_t>(std::min(std::max(code, -128.0f), 127.0f));
      }
    });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return sizeof(exp_); }

 private:
  std::array<float, 256> exp_;
  const float output_scale_;
  const int32_t zero_point_;
};

// The specification's integer arithmetic. Both integer functions of one code difference are tables.
class SoftmaxS8FixedPoint final : public Softmax {
 public:
  SoftmaxS8FixedPoint(float input_scale, float beta) {
    const double real = std::min(
        static_cast<double>(beta) * static_cast<double>(input_scale) * (1 << 26), 2147483647.0);
    const kernels::FixedPointMultiplier m = kernels::MakeFixedPointMultiplier(real);
    const double limit = std::floor(31.0 * (1 << 26) / std::ldexp(1.0, m.exponent));
    for (int k = 0; k < 256; ++k) {
      counted_[k] = k <= limit;
      if (!counted_[k]) continue;
      const auto shifted = static_cast<int32_t>(static_cast<uint32_t>(-k) << m.exponent);
      exp_[k] = ExpNegative(kernels::DoublingHighMul(shifted, m.multiplier));
    }
  }

  absl::Status Run(const RunContext& context) const override {
    ForEachRow<int8_t>(context, [this](const int8_t* in, int8_t* out, int64_t depth) {
      const int32_t max = *std::max_element(in, in + depth);
      uint32_t sum = 0;  // Q12; wraps as the specification's does
      for (int64_t i = 0; i < depth; ++i) {
        const int32_t k = max - in[i];
        if (counted_[k]) sum += static_cast<uint32_t>(kernels::RoundingShiftRight(exp_[k], 12));
      }
      const int headroom = std::countl_zero(sum);
      const auto normalized =
          static_cast<int32_t>((headroom < 32 ? sum << headroom : 0u) - (uint32_t{1} << 31));
      const int32_t reciprocal = ReciprocalOnePlus(normalized);
      // At least 3. Past 31, where the largest share is below half a code, nothing is left.
      const int shift = 12 - headroom + 23;
      for (int64_t i = 0; i < depth; ++i) {
        const int32_t k = max - in[i];
        if (!counted_[k]) {
          out[i] = -128;
          continue;
        }
        const int32_t product = kernels::DoublingHighMul(reciprocal, exp_[k]);
        const int32_t share = shift > 31 ? 0 : kernels::RoundingShiftRight(product, shift);
        const int32_t code = share - 128;
        out[i] = static_cast<int8_t>(std::clamp(code, -128, 127));
      }
    });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return sizeof(exp_) + sizeof(counted_); }

 private:
  std::array<int32_t, 256> exp_{};
  std::array<bool, 256> counted_{};
};

PreparedOp PrepareF32(const PrepareContext& context) {
  return std::make_unique<SoftmaxF32>(context.options<SoftmaxOptions>().beta);
}

PreparedOp PrepareS8(const PrepareContext& context) {
  const float beta = context.options<SoftmaxOptions>().beta;
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  // Probabilities in [0, 1): TensorFlow Lite knows no other output.
  if (std::abs(output.quantization.scale[0] - 1.0f / 256) > 0.001f / 256 ||
      output.quantization.zero_point[0] != -128) {
    return absl::InvalidArgumentError(absl::StrCat(
        "output '", output.name, "' has scale ", output.quantization.scale[0], " and zero point ",
        output.quantization.zero_point[0], "; 1/256 and -128 are needed"));
  }
  const float scale = input.quantization.scale[0];
  if (!(beta > 0) || !std::isfinite(beta)) {
    return absl::InvalidArgumentError("beta is not a positive number");
  }
  // The reference kernel aborts on tiny scales; the float rule answers there.
  const bool tiny = static_cast<double>(scale) * static_cast<double>(beta) <= 0x1p-26;
  if (context.rounding == Rounding::kFloat32 || tiny) {
    return std::make_unique<SoftmaxS8Table>(scale, beta, output.quantization);
  }
  return std::make_unique<SoftmaxS8FixedPoint>(scale, beta);
}

}  // namespace

OpRowList SoftmaxRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  return {
      {BuiltinOp::kSoftmax, 1, 3, {kS8}, {kS8}, &PrepareS8},
      {BuiltinOp::kSoftmax, 1, 3, {kF32}, {kF32}, &PrepareF32},
  };
}

}  // namespace octet::ops
