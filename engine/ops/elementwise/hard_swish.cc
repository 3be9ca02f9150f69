// HARD_SWISH. NUMERICS.md, "HARD_SWISH".
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/elementwise/rows.h"
#include "engine/ops/elementwise/table.h"

namespace octet::ops {
namespace {

// DHM of 16 bits.
int32_t HighMul16(int32_t a, int32_t b) {
  const int32_t product = a * b;
  const int32_t nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
  return std::min((product + nudge) / (1 << 15), 32767);
}

// A multiplier with 16 bits.
struct ShortMultiplier {
  int32_t multiplier = 0;
  int exponent = 0;
};
ShortMultiplier Shorten(kernels::FixedPointMultiplier m) {
  constexpr int32_t kHalf = 1 << 15;
  if (m.multiplier >= std::numeric_limits<int32_t>::max() - kHalf) return {32767, m.exponent};
  return {(m.multiplier + kHalf) >> 16, m.exponent};
}

struct HardSwishParams {
  int32_t zero_in = 0;
  int32_t zero_out = 0;
  ShortMultiplier output;
  ShortMultiplier gate;  // to steps of 3 / 2^15
};

int64_t HardSwishCode(const HardSwishParams& p, int32_t code) {
  const int32_t raised = (code - p.zero_in) * (1 << 7);
  const int32_t scaled = HighMul16(raised, p.output.multiplier);
  // x / 3, saturated to [-1, 1) in Q0.15, then (x / 3 + 1) / 2.
  int32_t gate = raised;
  const int exponent = p.gate.exponent;
  if (exponent > 0) gate = CutTo<int16_t>(int64_t{gate} << std::min(exponent - 1, 31));
  gate = HighMul16(gate, p.gate.multiplier);
  if (exponent > 0) gate = CutTo<int16_t>(int64_t{gate} * 2);
  if (exponent < 0) gate = kernels::RoundingShiftRight(gate, -exponent);
  gate = (gate + (1 << 15)) >> 1;
  const int32_t product = std::min(gate * scaled / (1 << 15), 32767);
  return int64_t{kernels::RoundingShiftRight(product, -p.output.exponent)} + p.zero_out;
}

template <typename T>
PreparedOp PrepareCodes(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const Quantization& in = context.input(0)->quantization;
  const TensorDef& output = context.output(0);
  const float raised_scale = (1.0f / 128.0f) * in.scale[0];
  const float ratio = raised_scale / output.quantization.scale[0];
  OCTET_ASSIGN_OR_RETURN(const auto to_output, RatioMultiplier(ratio, output));
  OCTET_ASSIGN_OR_RETURN(const auto to_gate,
                         RatioMultiplier(raised_scale / (3.0f / 32768.0f), *context.input(0)));
  if (to_output.exponent > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input scale ", in.scale[0], " is 128 output scales or more"));
  }
  HardSwishParams p;
  p.zero_in = in.zero_point[0];
  p.zero_out = output.quantization.zero_point[0];
  p.output = Shorten(to_output);
  p.gate = Shorten(to_gate);
  return MakeTableOp<T>(BuildTable8<T>([&](int32_t code) { return HardSwishCode(p, code); }),
                        context.isas);
}

PreparedOp PrepareF32(const PrepareContext&) {
  return MakeElementwise<float, float>(
      [](float x) { return x * std::min(std::max(x + 3.0f, 0.0f), 6.0f) / 6.0f; });
}

}  // namespace

OpRowList HardSwishRows() {
  constexpr auto kOp = BuiltinOp::kHardSwish;
  return {
      {kOp, 1, 1, {{DataType::kInt8}}, {{DataType::kInt8}}, &PrepareCodes<int8_t>},
      {kOp, 1, 1, {{DataType::kUint8}}, {{DataType::kUint8}}, &PrepareCodes<uint8_t>},
      {kOp, 1, 1, {{DataType::kFloat32}}, {{DataType::kFloat32}}, &PrepareF32},
  };
}

}  // namespace octet::ops
