// ADD, int8 and float32. NUMERICS.md, "ADD".
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/elementwise/broadcast.h"
#include "engine/ops/elementwise/rows.h"

namespace octet::ops {
namespace {

using kernels::FixedPointMultiplier;
using kernels::MakeFixedPointMultiplier;
using kernels::MultiplyByFixedPoint;

class Add : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(Shape shape, BroadcastShape(inputs[0], inputs[1]));
    return Shapes{std::move(shape)};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    return CheckBroadcastRowsApart(inputs, has_rows);
  }
};

class AddF32 final : public Add {
 public:
  explicit AddF32(FloatRange range) : range_(range) {}

  absl::Status Run(const RunContext& context) const override {
    const auto* a = context.in<float>(0);
    const auto* b = context.in<float>(1);
    auto* out = context.out<float>(0);
    ForEachBroadcastRun(
        context.input_shapes[0], context.input_shapes[1], context.output_shapes[0],
        [&](int64_t at_a, int64_t at_b, int64_t at, int64_t step_a, int64_t step_b, int64_t count) {
          for (int64_t i = 0; i < count; ++i) {
            const float sum = a[at_a + i * step_a] + b[at_b + i * step_b];
            out[at + i] = std::min(std::max(sum, range_.lo), range_.hi);
          }
        });
    return absl::OkStatus();
  }

 private:
  const FloatRange range_;
};

// Parameters of the rules for int8.
struct AddS8Params {
  int32_t zero_a = 0;
  int32_t zero_b = 0;
  int32_t zero_out = 0;
  CodeRange range;
  // One exact sum and one rounding: ((qa - za) * weight_a + (qb - zb) * weight_b) >> shift, half
  // up.
  bool one_rounding = false;
  int32_t weight_a = 0;
  int32_t weight_b = 0;
  int32_t shift = 0;
  // The specification: inputs raised by kLeftShift bits, then multipliers.
  FixedPointMultiplier a;
  FixedPointMultiplier b;
  FixedPointMultiplier out;
  // Elements, counted in the shape that was exported, whose two shifts the builtin kernel merges.
  int64_t period = 1;
  int64_t merged = 0;
};

constexpr int kLeftShift = 20;

int32_t AddOneRounding(const AddS8Params& p, int32_t qa, int32_t qb) {
  const int32_t sum = (qa - p.zero_a) * p.weight_a + (qb - p.zero_b) * p.weight_b;
  return ((sum + (1 << (p.shift - 1))) >> p.shift) + p.zero_out;
}

int32_t AddFixedPoint(const AddS8Params& p, int32_t qa, int32_t qb) {
  const int32_t sum = MultiplyByFixedPoint((qa - p.zero_a) * (1 << kLeftShift), p.a) +
                      MultiplyByFixedPoint((qb - p.zero_b) * (1 << kLeftShift), p.b);
  // A multiplier of 1 or more may wrap to any value; the zero point must not carry it past int32.
  const int64_t code = int64_t{MultiplyByFixedPoint(sum, p.out)} + p.zero_out;
  return static_cast<int32_t>(std::clamp<int64_t>(code, p.range.lo, p.range.hi));
}

// The builtin kernel's vector body: one shift before the multiplication instead of two around it.
int32_t MergedScale(int32_t centred, FixedPointMultiplier m) {
  const int shift = m.exponent + kLeftShift;
  const int32_t shifted = shift >= 0 ? static_cast<int32_t>(static_cast<uint32_t>(centred) << shift)
                                     : centred >> std::min(-shift, 31);
  return kernels::DoublingHighMul(shifted, m.multiplier);
}

int32_t AddMerged(const AddS8Params& p, int32_t qa, int32_t qb) {
  const auto sum = static_cast<int32_t>(static_cast<uint32_t>(MergedScale(qa - p.zero_a, p.a)) +
                                        static_cast<uint32_t>(MergedScale(qb - p.zero_b, p.b)));
  // It narrows to 16 bits by wrapping, twice.
  const auto narrow = static_cast<int16_t>(MultiplyByFixedPoint(sum, p.out));
  return static_cast<int16_t>(narrow + p.zero_out);
}

class AddS8 final : public Add {
 public:
  explicit AddS8(const AddS8Params& params) : params_(params) {}

  absl::Status Run(const RunContext& context) const override {
    const auto* a = context.in<int8_t>(0);
    const auto* b = context.in<int8_t>(1);
    auto* out = context.out<int8_t>(0);
    const AddS8Params& p = params_;
    ForEachBroadcastRun(
        context.input_shapes[0], context.input_shapes[1], context.output_shapes[0],
        [&](int64_t at_a, int64_t at_b, int64_t at, int64_t step_a, int64_t step_b, int64_t count) {
          for (int64_t i = 0; i < count; ++i) {
            const int32_t qa = a[at_a + i * step_a];
            const int32_t qb = b[at_b + i * step_b];
            int32_t sum = 0;
            if (p.one_rounding) {
              sum = AddOneRounding(p, qa, qb);
            } else if ((at + i) % p.period < p.merged) {
              sum = AddMerged(p, qa, qb);
            } else {
              sum = AddFixedPoint(p, qa, qb);
            }
            out[at + i] = static_cast<int8_t>(std::clamp(sum, p.range.lo, p.range.hi));
          }
        });
    return absl::OkStatus();
  }

 private:
  const AddS8Params params_;
};

// XNNPACK's conditions for taking an addition.
bool RatioFits(float ratio) { return ratio >= 0x1p-10f && ratio < 0x1p8f; }

PreparedOp PrepareF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const FloatRange range,
                         ActivationValues(context.options<AddOptions>().activation));
  return std::make_unique<AddF32>(range);
}

PreparedOp PrepareS8(const PrepareContext& context) {
  const TensorDef& a = *context.input(0);
  const TensorDef& b = *context.input(1);
  const TensorDef& out = context.output(0);
  for (const TensorDef* tensor : {&a, &b, &out}) OCTET_RETURN_IF_ERROR(CheckPerTensor(*tensor));
  const float scale_a = a.quantization.scale[0];
  const float scale_b = b.quantization.scale[0];
  const float scale_out = out.quantization.scale[0];

  AddS8Params p;
  p.zero_a = a.quantization.zero_point[0];
  p.zero_b = b.quantization.zero_point[0];
  p.zero_out = out.quantization.zero_point[0];
  const float ratio_a = scale_a / scale_out;
  const float ratio_b = scale_b / scale_out;
  p.one_rounding =
      context.rounding == Rounding::kFloat32 && RatioFits(ratio_a) && RatioFits(ratio_b);
  OCTET_ASSIGN_OR_RETURN(
      p.range, ActivationCodes(context.options<AddOptions>().activation, out,
                               p.one_rounding ? Rounding::kFloat32 : Rounding::kFixedPoint));
  if (p.one_rounding) {
    p.shift = 20 - std::ilogb(std::max(ratio_a, ratio_b));
    p.weight_a = static_cast<int32_t>(std::rint(std::ldexp(ratio_a, p.shift)));
    p.weight_b = static_cast<int32_t>(std::rint(std::ldexp(ratio_b, p.shift)));
    return std::make_unique<AddS8>(p);
  }
  const double twice_max = 2.0f * std::max(scale_a, scale_b);
  const double real_out = twice_max / static_cast<double>(std::ldexp(scale_out, kLeftShift));
  if (!(real_out < 1073741824.0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("output scale ", scale_out, " is too small for its inputs"));
  }
  p.a = MakeFixedPointMultiplier(static_cast<double>(scale_a) / twice_max);
  p.b = MakeFixedPointMultiplier(static_cast<double>(scale_b) / twice_max);
  p.out = MakeFixedPointMultiplier(real_out);
  p.period = std::max<int64_t>(out.shape.num_elements(), 1);
  if (context.rounding == Rounding::kFloat32 && a.shape == b.shape) {
    p.merged = out.shape.num_elements() / 16 * 16;
  }
  return std::make_unique<AddS8>(p);
}

}  // namespace

OpRowList AddRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  return {
      {BuiltinOp::kAdd, 1, 5, {kS8, kS8}, {kS8}, &PrepareS8},
      {BuiltinOp::kAdd, 1, 5, {kF32, kF32}, {kF32}, &PrepareF32},
  };
}

}  // namespace octet::ops
