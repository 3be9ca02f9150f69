// QUANTIZE: real values to codes, and codes to codes of another scale. NUMERICS.md, "QUANTIZE".
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/elementwise/arithmetic.h"
#include "engine/ops/elementwise/elementwise.h"
#include "engine/ops/elementwise/rows.h"

namespace octet::ops {
namespace {

// A NaN becomes the lowest code: LiteRT's answer is not defined, and a cast must not be.
template <typename Out>
Out CutToCode(float value) {
  const CodeRange range = TypeRange(DataTypeOf<Out>::value);
  return static_cast<Out>(
      std::min(static_cast<float>(range.hi), std::max(static_cast<float>(range.lo), value)));
}

// XNNPACK's 8-bit fixed-point ratio, for codes of one type; 0 where it does not take the operator.
int32_t EighthBitRatio(const PrepareContext& context, float ratio) {
  const bool fits = context.rounding == Rounding::kFloat32 &&
                    context.input(0)->type == context.output(0).type && ratio >= 0x1p-8f &&
                    ratio <= 128.0f;
  return fits ? static_cast<int32_t>(std::rint(256.0f * ratio)) : 0;
}

// LiteRT's builtin kernel: its vector body, blocks of elements counted in the shape that was
// exported, rounds by `Body`; what remains, by `Rest`. Both: Out operator()(In) const.
template <typename In, typename Out, typename Body, typename Rest>
class InBlocks final : public Op {
 public:
  InBlocks(Body body, Rest rest, int64_t block, int64_t period)
      : body_(body),
        rest_(rest),
        period_(std::max<int64_t>(period, 1)),
        body_length_(period_ / block * block) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Shapes{inputs[0]};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::OkStatus();
  }

  absl::Status Run(const RunContext& context) const override {
    const auto* in = context.in<In>(0);
    auto* out = context.out<Out>(0);
    const int64_t count = context.input_shapes[0].num_elements();
    for (int64_t start = 0; start < count; start += period_) {
      const int64_t end = std::min(start + period_, count);
      const int64_t body_end = std::min(start + body_length_, end);
      for (int64_t i = start; i < body_end; ++i) out[i] = body_(in[i]);
      for (int64_t i = body_end; i < end; ++i) out[i] = rest_(in[i]);
    }
    return absl::OkStatus();
  }

 private:
  const Body body_;
  const Rest rest_;
  const int64_t period_;
  const int64_t body_length_;
};

template <typename In, typename Out, typename Body, typename Rest>
PreparedOp MakeInBlocks(Body body, Rest rest, int64_t block, int64_t period) {
  return std::make_unique<InBlocks<In, Out, Body, Rest>>(std::move(body), std::move(rest), block,
                                                         period);
}

template <typename Out>
PreparedOp PrepareFromFloat(const PrepareContext& context) {
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  const float scale = output.quantization.scale[0];
  const auto zero_point = static_cast<float>(output.quantization.zero_point[0]);
  if (context.rounding == Rounding::kFloat32) {
    const float inverse = 1.0f / scale;
    const auto to_even = [inverse, zero_point](float x) {
      return CutToCode<Out>(std::rint(x * inverse) + zero_point);
    };
    if constexpr (sizeof(Out) == 1) return MakeElementwise<float, Out>(to_even);
    // XNNPACK takes 8 bits alone.
    const auto from_double = [scale, zero_point](float x) {
      const double steps = std::round(static_cast<double>(x) / static_cast<double>(scale));
      return CutToCode<Out>(static_cast<float>(steps) + zero_point);
    };
    return MakeInBlocks<float, Out>(to_even, from_double, 8, output.shape.num_elements());
  }
  return MakeElementwise<float, Out>(
      [scale, zero_point](float x) { return CutToCode<Out>(std::round(x / scale) + zero_point); });
}

template <typename In, typename Out>
PreparedOp PrepareFromCodes(const PrepareContext& context) {
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  const float scale_in = input.quantization.scale[0];
  const float scale_out = output.quantization.scale[0];
  const double ratio = static_cast<double>(scale_in) / static_cast<double>(scale_out);
  if (!(ratio < 1073741824.0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("input scale ", scale_in, " over output scale ", scale_out, " is too large"));
  }
  const int32_t zero_in = input.quantization.zero_point[0];
  const int32_t zero_out = output.quantization.zero_point[0];
  const CodeRange range = TypeRange(output.type);
  const int32_t short_ratio = EighthBitRatio(context, scale_in / scale_out);
  const kernels::FixedPointMultiplier multiplier = kernels::MakeFixedPointMultiplier(ratio);
  const int32_t lowest = TypeRange(input.type).lo;
  std::array<Out, 256> table;
  std::array<Out, 256> half_up;
  for (int32_t i = 0; i < 256; ++i) {
    const int32_t centred = lowest + i - zero_in;
    const int64_t scaled = short_ratio != 0 ? (centred * short_ratio + 128) >> 8
                                            : kernels::MultiplyByFixedPoint(centred, multiplier);
    table[i] = static_cast<Out>(std::clamp<int64_t>(scaled + zero_out, range.lo, range.hi));
    half_up[i] = static_cast<Out>(std::clamp<int64_t>(
        int64_t{kernels::MultiplyHalfUp(centred, multiplier)} + zero_out, range.lo, range.hi));
  }
  if (context.rounding == Rounding::kFloat32 && short_ratio == 0) {
    return MakeInBlocks<In, Out>([half_up, lowest](In code) { return half_up[code - lowest]; },
                                 [table, lowest](In code) { return table[code - lowest]; }, 16,
                                 output.shape.num_elements());
  }
  return MakeElementwise<In, Out>([table, lowest](In code) { return table[code - lowest]; });
}

// 16 and 32 bits: two roundings, under both rules.
template <typename In, typename Out>
PreparedOp PrepareFromWideCodes(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const Quantization& in = context.input(0)->quantization;
  const TensorDef& output = context.output(0);
  const double ratio =
      static_cast<double>(in.scale[0]) / static_cast<double>(output.quantization.scale[0]);
  OCTET_ASSIGN_OR_RETURN(const kernels::FixedPointMultiplier multiplier,
                         RatioMultiplier(ratio, output));
  const int32_t zero_in = in.zero_point[0];
  const int32_t zero_out = output.quantization.zero_point[0];
  return MakeElementwise<In, Out>([=](In code) {
    const int32_t centred = WrappingSub<int32_t>(code, zero_in);
    return CutTo<Out>(int64_t{kernels::MultiplyByFixedPoint(centred, multiplier)} + zero_out);
  });
}

}  // namespace

OpRowList QuantizeRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  constexpr TypeSlot kS16{DataType::kInt16};
  constexpr TypeSlot kS32{DataType::kInt32};
  constexpr auto kOp = BuiltinOp::kQuantize;
  return {
      {kOp, 1, 6, {kF32}, {kS8}, &PrepareFromFloat<int8_t>},
      {kOp, 1, 6, {kF32}, {kU8}, &PrepareFromFloat<uint8_t>},
      {kOp, 1, 6, {kF32}, {kS16}, &PrepareFromFloat<int16_t>},
      {kOp, 1, 6, {kS8}, {kS8}, &PrepareFromCodes<int8_t, int8_t>},
      {kOp, 1, 6, {kS8}, {kU8}, &PrepareFromCodes<int8_t, uint8_t>},
      {kOp, 1, 6, {kS8}, {kS16}, &PrepareFromWideCodes<int8_t, int16_t>},
      {kOp, 1, 6, {kU8}, {kS8}, &PrepareFromCodes<uint8_t, int8_t>},
      {kOp, 1, 6, {kU8}, {kU8}, &PrepareFromCodes<uint8_t, uint8_t>},
      {kOp, 1, 6, {kU8}, {kS16}, &PrepareFromWideCodes<uint8_t, int16_t>},
      {kOp, 1, 6, {kS16}, {kS8}, &PrepareFromWideCodes<int16_t, int8_t>},
      {kOp, 1, 6, {kS16}, {kS16}, &PrepareFromWideCodes<int16_t, int16_t>},
      {kOp, 1, 6, {kS16}, {kS32}, &PrepareFromWideCodes<int16_t, int32_t>},
      {kOp, 1, 6, {kS32}, {kS8}, &PrepareFromWideCodes<int32_t, int8_t>},
      {kOp, 1, 6, {kS32}, {kS16}, &PrepareFromWideCodes<int32_t, int16_t>},
  };
}

}  // namespace octet::ops
