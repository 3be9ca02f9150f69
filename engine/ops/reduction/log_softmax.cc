// LOG_SOFTMAX over the last dimension. NUMERICS.md, "LOG_SOFTMAX".
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/fixed_point_math.h"
#include "engine/ops/reduction/row_op.h"
#include "engine/ops/reduction/rows.h"

namespace octet::ops {
namespace {

class LogSoftmaxF32 final : public RowOp {
 public:
  absl::Status Run(const RunContext& context) const override {
    ForEachRow<float, float>(context, [](const float* in, float* out, int64_t depth) {
      const float max = *std::max_element(in, in + depth);
      float sum = 0;
      for (int64_t i = 0; i < depth; ++i) sum += std::exp(in[i] - max);
      const float log = std::log(sum);
      for (int64_t i = 0; i < depth; ++i) out[i] = in[i] - max - log;
    });
    return absl::OkStatus();
  }
};

template <typename T>
T Code(double v) {
  return static_cast<T>(
      std::clamp<double>(v, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

// LiteRT's default: a table of exp(-scale * k), k = max - code, in float32.
template <typename T>
class LogSoftmaxTable final : public RowOp {
 public:
  LogSoftmaxTable(float in_scale, float out_scale) : in_scale_(in_scale), out_scale_(out_scale) {
    exp_[0] = 1;
    for (int k = 1; k < 256; ++k) {
      // Computed in double, rounded once: the nearest float, whatever the C library's expf does.
      exp_[k] =
          static_cast<float>(std::exp(static_cast<double>(-in_scale * static_cast<float>(k))));
    }
  }

  absl::Status Run(const RunContext& context) const override {
    ForEachRow<T, T>(context, [this](const T* in, T* out, int64_t depth) {
      const int32_t max = *std::max_element(in, in + depth);
      float sum = 0;
      for (int64_t i = 0; i < depth; ++i) sum += exp_[max - in[i]];
      const float log = static_cast<float>(std::log(static_cast<double>(sum)));
      const float offset = (in_scale_ * static_cast<float>(max) + log) / out_scale_;
      const float ratio = in_scale_ / out_scale_;
      for (int64_t i = 0; i < depth; ++i) {
        const float code = ratio * static_cast<float>(in[i]) - offset;
        out[i] = Code<T>(static_cast<double>(std::rint(code)) + std::numeric_limits<T>::max());
      }
    });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return sizeof(exp_); }

 private:
  std::array<float, 256> exp_;
  const float in_scale_;
  const float out_scale_;
};

template <typename T>
class LogSoftmaxFixedPoint final : public RowOp {
 public:
  explicit LogSoftmaxFixedPoint(float in_scale) {
    const double real = std::min(static_cast<double>(in_scale) * (1 << 26), 2147483647.0);
    scale_ = kernels::MakeFixedPointMultiplier(real);
    inverse_ = kernels::MakeFixedPointMultiplier(std::ldexp(1.0, 31 - scale_.exponent) /
                                                 scale_.multiplier);
    lowest_ = -static_cast<int32_t>(
        std::min(std::floor(31.0 * (1 << 26) / std::ldexp(1.0, scale_.exponent)), 256.0));
    for (int k = 0; k < 256 && -k >= lowest_; ++k) {
      scaled_[k] = kernels::MultiplyByFixedPoint(-k, scale_);
      exp_[k] = kernels::RoundingShiftRight(ExpNegative(scaled_[k]), 12);
    }
  }

  // The sum of a row, in Q12.19, stays inside int32.
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(Shapes shapes, RowOp::InferShapes(inputs));
    if (shapes[0].dim(shapes[0].rank() - 1) >= 4096) {
      return absl::InvalidArgumentError(
          absl::StrCat("rows of ", shapes[0].ToString(), " are longer than 4095"));
    }
    return shapes;
  }

  absl::Status Run(const RunContext& context) const override {
    ForEachRow<T, T>(context, [this](const T* in, T* out, int64_t depth) {
      const int32_t max = *std::max_element(in, in + depth);
      int32_t sum = 0;
      for (int64_t i = 0; i < depth; ++i) sum += exp_[max - in[i]];
      const int32_t log = LogAboveOne(sum);
      const int32_t below = kernels::MultiplyByFixedPoint(
          static_cast<int32_t>(int64_t{log} + std::numeric_limits<int32_t>::min()), inverse_);
      const int32_t least = std::max(lowest_ - 1, below);
      for (int64_t i = 0; i < depth; ++i) {
        const int32_t difference = in[i] - max;
        if (difference <= least) {
          out[i] = std::numeric_limits<T>::min();
          continue;
        }
        const int64_t real = int64_t{scaled_[-difference]} - log;
        const auto cut =
            static_cast<int32_t>(std::max<int64_t>(real, std::numeric_limits<int32_t>::min()));
        out[i] = Code<T>(kernels::RoundingShiftRight(cut, 22) + std::numeric_limits<T>::max());
      }
    });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return sizeof(scaled_) + sizeof(exp_); }

 private:
  kernels::FixedPointMultiplier scale_;
  kernels::FixedPointMultiplier inverse_;
  int32_t lowest_;                     // differences below count for nothing
  std::array<int32_t, 256> scaled_{};  // -k as Q5.26
  std::array<int32_t, 256> exp_{};     // its exponential as Q12.19
};

template <typename T>
PreparedOp PrepareCodes(const PrepareContext& context) {
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  constexpr int32_t kZero = std::numeric_limits<T>::max();
  if (output.quantization.scale[0] != 16.0f / 256 || output.quantization.zero_point[0] != kZero) {
    return absl::InvalidArgumentError(absl::StrCat(
        "output '", output.name, "' has scale ", output.quantization.scale[0], " and zero point ",
        output.quantization.zero_point[0], "; 16/256 and ", kZero, " are needed"));
  }
  const float scale = input.quantization.scale[0];
  // The reference kernel aborts on tiny scales; the float rule answers there.
  if (context.rounding == Rounding::kFloat32 || static_cast<double>(scale) <= 0x1p-26) {
    return std::make_unique<LogSoftmaxTable<T>>(scale, output.quantization.scale[0]);
  }
  return std::make_unique<LogSoftmaxFixedPoint<T>>(scale);
}

PreparedOp PrepareF32(const PrepareContext&) { return std::make_unique<LogSoftmaxF32>(); }

}  // namespace

OpRowList LogSoftmaxRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  return {
      {BuiltinOp::kLogSoftmax, 1, 2, {kS8}, {kS8}, &PrepareCodes<int8_t>},
      {BuiltinOp::kLogSoftmax, 1, 2, {kU8}, {kU8}, &PrepareCodes<uint8_t>},
      {BuiltinOp::kLogSoftmax, 1, 2, {kF32}, {kF32}, &PrepareF32},
  };
}

}  // namespace octet::ops
