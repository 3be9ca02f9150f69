// SOFTMAX over the last dimension. NUMERICS.md, "SOFTMAX".
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/fixed_point_math.h"
#include "engine/ops/reduction/row_op.h"
#include "engine/ops/reduction/rows.h"
#include "engine/ops/reduction/softmax_16.h"

namespace octet::ops {
namespace {

class SoftmaxF32 final : public RowOp {
 public:
  explicit SoftmaxF32(float beta) : beta_(beta) {}

  absl::Status Run(const RunContext& context) const override {
    ForEachRow<float, float>(context, [this](const float* in, float* out, int64_t depth) {
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
template <typename In, typename Out>
class SoftmaxTable final : public RowOp {
 public:
  SoftmaxTable(float input_scale, float beta, const Quantization& out)
      : output_scale_(out.scale[0]), zero_point_(out.zero_point[0]) {
    const float step = -input_scale * beta;
    exp_[0] = 1;  // also where the step is infinite
    for (int k = 1; k < 256; ++k) {
      // Computed in double, rounded once: the nearest float, whatever the C library's expf does.
      exp_[k] = static_cast<float>(std::exp(static_cast<double>(step * static_cast<float>(k))));
    }
  }

  absl::Status Run(const RunContext& context) const override {
    ForEachRow<In, Out>(context, [this](const In* in, Out* out, int64_t depth) {
      const int32_t max = *std::max_element(in, in + depth);
      float sum = 0;
      for (int64_t i = 0; i < depth; ++i) sum += exp_[max - in[i]];
      const float inverse = 1.0f / (sum * output_scale_);
      for (int64_t i = 0; i < depth; ++i) {
        const float share = exp_[max - in[i]] * inverse;
        // Unsigned codes are rounded by truncation of half a code more.
        const float code = std::is_signed_v<Out>
                               ? std::round(share) + static_cast<float>(zero_point_)
                               : std::trunc(share + 0.5f);
        constexpr float kLowest = std::numeric_limits<Out>::min();
        constexpr float kHighest = std::numeric_limits<Out>::max();
        out[i] = static_cast<Out>(std::min(std::max(code, kLowest), kHighest));
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
template <typename In, typename Out>
class SoftmaxFixedPoint final : public RowOp {
 public:
  SoftmaxFixedPoint(float input_scale, float beta) {
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
    ForEachRow<In, Out>(context, [this](const In* in, Out* out, int64_t depth) {
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
      const int shift = 12 - headroom + 31 - 8 * static_cast<int>(sizeof(Out));
      for (int64_t i = 0; i < depth; ++i) {
        const int32_t k = max - in[i];
        if (!counted_[k]) {
          out[i] = kLowest;
          continue;
        }
        const int32_t product = kernels::DoublingHighMul(reciprocal, exp_[k]);
        const int32_t share = shift > 31 ? 0 : kernels::RoundingShiftRight(product, shift);
        out[i] =
            static_cast<Out>(std::min<int32_t>(share + kLowest, std::numeric_limits<Out>::max()));
      }
    });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return sizeof(exp_) + sizeof(counted_); }

 private:
  static constexpr Out kLowest = std::numeric_limits<Out>::min();

  std::array<int32_t, 256> exp_{};
  std::array<bool, 256> counted_{};
};

PreparedOp PrepareF32(const PrepareContext& context) {
  return std::make_unique<SoftmaxF32>(context.options<SoftmaxOptions>().beta);
}

template <typename In, typename Out>
PreparedOp Prepare8(const PrepareContext& context) {
  const float beta = context.options<SoftmaxOptions>().beta;
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  // Probabilities in [0, 1): TensorFlow Lite knows no other output.
  constexpr float kSteps = sizeof(Out) == 1 ? 256 : 65536;
  constexpr int32_t kZero = std::numeric_limits<Out>::min();
  if (std::abs(output.quantization.scale[0] - 1.0f / kSteps) > 0.001f / kSteps ||
      output.quantization.zero_point[0] != kZero) {
    return absl::InvalidArgumentError(absl::StrCat(
        "output '", output.name, "' has scale ", output.quantization.scale[0], " and zero point ",
        output.quantization.zero_point[0], "; 1/", kSteps, " and ", kZero, " are needed"));
  }
  const float scale = input.quantization.scale[0];
  if (!(beta > 0) || !std::isfinite(beta)) {
    return absl::InvalidArgumentError("beta is not a positive number");
  }
  // The reference kernel aborts on tiny scales; the float rule answers there.
  const bool tiny = static_cast<double>(scale) * static_cast<double>(beta) <= 0x1p-26;
  if (context.rounding == Rounding::kFloat32 || tiny) {
    return std::make_unique<SoftmaxTable<In, Out>>(scale, beta, output.quantization);
  }
  return std::make_unique<SoftmaxFixedPoint<In, Out>>(scale, beta);
}

}  // namespace

OpRowList SoftmaxRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  constexpr TypeSlot kS16{DataType::kInt16};
  return {
      {BuiltinOp::kSoftmax, 1, 4, {kS8}, {kS8}, &Prepare8<int8_t, int8_t>},
      {BuiltinOp::kSoftmax, 1, 4, {kU8}, {kU8}, &Prepare8<uint8_t, uint8_t>},
      {BuiltinOp::kSoftmax, 1, 4, {kS8}, {kS16}, &Prepare8<int8_t, int16_t>},
      {BuiltinOp::kSoftmax, 1, 4, {kS16}, {kS16}, &PrepareSoftmax16},
      {BuiltinOp::kSoftmax, 1, 4, {kF32}, {kF32}, &PrepareF32},
  };
}

}  // namespace octet::ops
