// ADD and SUB. NUMERICS.md, "ADD, SUB".
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/kernels/variants.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/elementwise/arithmetic.h"
#include "engine/ops/elementwise/binary.h"
#include "engine/ops/elementwise/rows.h"

namespace octet::ops {
namespace {

using kernels::FixedPointMultiplier;
using kernels::MakeFixedPointMultiplier;
using kernels::MultiplyByFixedPoint;

// Parameters of the rules for codes.
struct AddParams {
  int32_t zero_a = 0;
  int32_t zero_b = 0;
  int32_t zero_out = 0;
  CodeRange range;
  bool subtract = false;
  // The specification: inputs raised by `left_shift` bits, then multipliers.
  int left_shift = 0;
  FixedPointMultiplier a;
  FixedPointMultiplier b;
  FixedPointMultiplier out;
  // Elements, counted in the shape that was exported, whose two shifts the builtin kernel merges.
  int64_t period = 1;
  int64_t merged = 0;
};

// A multiplier of 1 or more may wrap to any value; the zero point must not carry it past int32.
int32_t WithZeroPoint(const AddParams& p, int32_t result) {
  return static_cast<int32_t>(
      std::clamp<int64_t>(int64_t{result} + p.zero_out, p.range.lo, p.range.hi));
}

int32_t AddFixedPoint(const AddParams& p, int32_t qa, int32_t qb) {
  const int32_t a = MultiplyByFixedPoint(WrappingShiftLeft(qa - p.zero_a, p.left_shift), p.a);
  const int32_t b = MultiplyByFixedPoint(WrappingShiftLeft(qb - p.zero_b, p.left_shift), p.b);
  const int32_t sum = p.subtract ? WrappingSub(a, b) : WrappingAdd(a, b);
  return WithZeroPoint(p, MultiplyByFixedPoint(sum, p.out));
}

// The builtin kernel's vector body: one shift before the multiplication instead of two around it.
int32_t MergedScale(int32_t centred, FixedPointMultiplier m, int left_shift) {
  const int shift = m.exponent + left_shift;
  const int32_t shifted =
      shift >= 0 ? WrappingShiftLeft(centred, shift) : centred >> std::min(-shift, 31);
  return kernels::DoublingHighMul(shifted, m.multiplier);
}

template <typename T>
int32_t AddMerged(const AddParams& p, int32_t qa, int32_t qb) {
  const int32_t sum = WrappingAdd(MergedScale(qa - p.zero_a, p.a, p.left_shift),
                                  MergedScale(qb - p.zero_b, p.b, p.left_shift));
  const int32_t result = MultiplyByFixedPoint(sum, p.out);
  if constexpr (sizeof(T) == 2) return WithZeroPoint(p, result);
  // For 8 bits it narrows to 16 by wrapping, twice.
  const auto narrow = static_cast<int16_t>(result);
  return std::clamp<int32_t>(static_cast<int16_t>(narrow + p.zero_out), p.range.lo, p.range.hi);
}

kernels::BinaryCodes8 Codes8(const AddParams& p) {
  return {p.zero_a, p.zero_b, p.zero_out, p.range.lo, p.range.hi};
}

kernels::Scale32 Scale(const FixedPointMultiplier& m) { return {m.multiplier, m.exponent}; }

template <typename T>
PreparedOp MakeFixedPoint8(const PrepareContext& context, const AddParams& p) {
  const kernels::AddFixedPoint8 args = {Codes8(p), Scale(p.a), Scale(p.b), Scale(p.out),
                                        p.subtract ? -1 : 1};
  const kernels::Elementwise8& kernels = kernels::SelectElementwise8(context.isas);
  return MakeBinaryCodes(
      args, std::is_signed_v<T> ? kernels.add_fixed_point_s8 : kernels.add_fixed_point_u8);
}

// XNNPACK's conditions for taking an addition of 8-bit codes.
bool RatioFits(float ratio) { return ratio >= 0x1p-10f && ratio < 0x1p8f; }

template <typename T>
PreparedOp MakeOneRounding(const PrepareContext& context, AddParams p, float ratio_a,
                           float ratio_b) {
  OCTET_ASSIGN_OR_RETURN(p.range, ActivationCodes(context.options<AddOptions>().activation,
                                                  context.output(0), Rounding::kFloat32));
  kernels::AddOneRounding8 args;
  args.codes = Codes8(p);
  args.shift = 20 - std::ilogb(std::max(ratio_a, ratio_b));
  args.weight_a = static_cast<int32_t>(std::rint(std::ldexp(ratio_a, args.shift)));
  args.weight_b = static_cast<int32_t>(std::rint(std::ldexp(ratio_b, args.shift)));
  if (p.subtract) args.weight_b = -args.weight_b;
  const kernels::Elementwise8& kernels = kernels::SelectElementwise8(context.isas);
  return MakeBinaryCodes(
      args, std::is_signed_v<T> ? kernels.add_one_rounding_s8 : kernels.add_one_rounding_u8);
}

// Scales that are powers of two: one operand is shifted, nothing is multiplied.
PreparedOp MakePowerOfTwo(const AddParams& p, int shift_a, int shift_b) {
  if (std::min(shift_a, shift_b) != 0 || std::max(shift_a, shift_b) > 31 || p.zero_a != 0 ||
      p.zero_b != 0 || p.zero_out != 0) {
    return absl::InvalidArgumentError(
        "scales that are powers of two need zero points of 0 and an output scale that equals the "
        "finer input's");
  }
  return MakeBinary<int16_t, int16_t, int16_t>([p, shift_a, shift_b](int16_t qa, int16_t qb) {
    const int32_t a = kernels::RoundingShiftRight(qa, shift_a);
    const int32_t b = kernels::RoundingShiftRight(qb, shift_b);
    return static_cast<int16_t>(std::clamp(p.subtract ? a - b : a + b, p.range.lo, p.range.hi));
  });
}

// Length of the builtin kernel's vector blocks; 0 where it has none.
int64_t MergedBlock(const PrepareContext& context, DataType type) {
  const bool blocks = context.rounding == Rounding::kFloat32 && context.op->op == BuiltinOp::kAdd &&
                      context.input(0)->shape == context.input(1)->shape;
  if (!blocks) return 0;
  return type == DataType::kUint8 ? 8 : 16;
}

template <typename T>
PreparedOp MakeFixedPoint(const PrepareContext& context, AddParams p) {
  const TensorDef& out = context.output(0);
  const float scale_a = context.input(0)->quantization.scale[0];
  const float scale_b = context.input(1)->quantization.scale[0];
  const float scale_out = out.quantization.scale[0];
  p.left_shift = sizeof(T) == 2 ? 15 : 20;
  const double twice_max = 2.0f * std::max(scale_a, scale_b);
  const double real_out = twice_max / static_cast<double>(std::ldexp(scale_out, p.left_shift));
  if (!(real_out < 1073741824.0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("output scale ", scale_out, " is too small for its inputs"));
  }
  p.a = MakeFixedPointMultiplier(static_cast<double>(scale_a) / twice_max);
  p.b = MakeFixedPointMultiplier(static_cast<double>(scale_b) / twice_max);
  p.out = MakeFixedPointMultiplier(real_out);
  const int64_t block = MergedBlock(context, out.type);
  if constexpr (sizeof(T) == 1) {
    // The inner multipliers are at most 1/2.
    if (block == 0) return MakeFixedPoint8<T>(context, p);
  }
  if (block == 0) {
    return MakeBinary<T, T, T>([p](T a, T b) { return static_cast<T>(AddFixedPoint(p, a, b)); });
  }
  p.period = std::max<int64_t>(out.shape.num_elements(), 1);
  p.merged = out.shape.num_elements() / block * block;
  return MakeBinary<T, T, T>([p](T a, T b, int64_t at) {
    return static_cast<T>(at % p.period < p.merged ? AddMerged<T>(p, a, b)
                                                   : AddFixedPoint(p, a, b));
  });
}

template <typename T>
PreparedOp PrepareCodes(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 2));
  const Quantization& a = context.input(0)->quantization;
  const Quantization& b = context.input(1)->quantization;
  const Quantization& out = context.output(0).quantization;
  const auto options = context.options<AddOptions>();
  AddParams p;
  p.zero_a = a.zero_point[0];
  p.zero_b = b.zero_point[0];
  p.zero_out = out.zero_point[0];
  p.subtract = context.op->op == BuiltinOp::kSub;
  const float ratio_a = a.scale[0] / out.scale[0];
  const float ratio_b = b.scale[0] / out.scale[0];
  if (sizeof(T) == 1 && context.rounding == Rounding::kFloat32 && RatioFits(ratio_a) &&
      RatioFits(ratio_b)) {
    return MakeOneRounding<T>(context, p, ratio_a, ratio_b);
  }
  OCTET_ASSIGN_OR_RETURN(
      p.range, ActivationCodes(options.activation, context.output(0), Rounding::kFixedPoint));
  int log_a = 0;
  int log_b = 0;
  int log_out = 0;
  if (sizeof(T) == 2 && options.pot_scale_int16 && IsPowerOfTwo(a.scale[0], &log_a) &&
      IsPowerOfTwo(b.scale[0], &log_b) && IsPowerOfTwo(out.scale[0], &log_out)) {
    return MakePowerOfTwo(p, log_out - log_a, log_out - log_b);
  }
  return MakeFixedPoint<T>(context, p);
}

PreparedOp PrepareF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const FloatRange range,
                         ActivationValues(context.options<AddOptions>().activation));
  if (context.op->op == BuiltinOp::kSub) {
    return MakeBinary<float, float, float>(
        [range](float a, float b) { return std::min(std::max(a - b, range.lo), range.hi); });
  }
  return MakeBinary<float, float, float>(
      [range](float a, float b) { return std::min(std::max(a + b, range.lo), range.hi); });
}

template <typename T>
PreparedOp PrepareIntegers(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const IntegerRange<T> range,
                         ActivationIntegers<T>(context.options<AddOptions>().activation));
  if (context.op->op == BuiltinOp::kSub) {
    return MakeBinary<T, T, T>(
        [range](T a, T b) { return std::clamp(WrappingSub(a, b), range.lo, range.hi); });
  }
  return MakeBinary<T, T, T>(
      [range](T a, T b) { return std::clamp(WrappingAdd(a, b), range.lo, range.hi); });
}

// INT16 tensors without scales are plain integers in an ADD; a SUB of them has no answer.
PreparedOp PrepareS16(const PrepareContext& context) {
  if (context.op->op == BuiltinOp::kAdd && !context.output(0).quantization.is_quantized()) {
    return PrepareIntegers<int16_t>(context);
  }
  return PrepareCodes<int16_t>(context);
}

OpRowList RowsOf(BuiltinOp op, int newest) {
  const auto row = [&](DataType type, PrepareFunction prepare) {
    return OpRow{op, 1, newest, {{type}, {type}}, {{type}}, prepare};
  };
  return {row(DataType::kInt8, &PrepareCodes<int8_t>),
          row(DataType::kUint8, &PrepareCodes<uint8_t>),
          row(DataType::kInt16, &PrepareS16),
          row(DataType::kInt32, &PrepareIntegers<int32_t>),
          row(DataType::kInt64, &PrepareIntegers<int64_t>),
          row(DataType::kFloat32, &PrepareF32)};
}

}  // namespace

OpRowList AddRows() { return JoinRows(RowsOf(BuiltinOp::kAdd, 6), RowsOf(BuiltinOp::kSub, 5)); }

}  // namespace octet::ops
