// ABS and NEG. NUMERICS.md, "ABS and NEG; roots".
#include <cmath>

#include "engine/base/status_macros.h"
#include "engine/ops/elementwise/rows.h"
#include "engine/ops/elementwise/table.h"

namespace octet::ops {
namespace {

template <typename T>
PreparedOp PrepareAbs(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const Quantization& in = context.input(0)->quantization;
  const TensorDef& output = context.output(0);
  const bool rescale = in.scale[0] != output.quantization.scale[0];
  OCTET_ASSIGN_OR_RETURN(const kernels::FixedPointMultiplier multiplier,
                         RatioMultiplier(in.scale[0] / output.quantization.scale[0], output));
  const int32_t zero_in = in.zero_point[0];
  const int32_t zero_out = output.quantization.zero_point[0];
  const auto code_of = [=](int32_t code) -> int64_t {
    const int32_t magnitude = std::abs(code - zero_in);
    const int32_t scaled =
        rescale ? kernels::MultiplyByFixedPoint(magnitude, multiplier) : magnitude;
    return int64_t{scaled} + zero_out;
  };
  return MakeElementwise<T, T>([code_of](T code) { return CutTo<T>(code_of(code)); });
}

PreparedOp PrepareAbsF32(const PrepareContext&) {
  return MakeElementwise<float, float>([](float x) { return std::abs(x); });
}

// The lowest integer stays what it is.
PreparedOp PrepareAbsS32(const PrepareContext&) {
  return MakeElementwise<int32_t, int32_t>([](int32_t x) { return x < 0 ? WrappingSub(0, x) : x; });
}

// Of the integers, or of the codes, whose scale and zero point LiteRT does not look at.
template <typename T>
PreparedOp PrepareNeg(const PrepareContext&) {
  return MakeElementwise<T, T>([](T x) { return WrappingSub(T{0}, x); });
}
// XNNPACK has no negative zero here.
PreparedOp PrepareNegF32(const PrepareContext& context) {
  if (context.rounding == Rounding::kFloat32) {
    return MakeElementwise<float, float>([](float x) { return 0.0f - x; });
  }
  return MakeElementwise<float, float>([](float x) { return -x; });
}

OpRow Row(BuiltinOp op, int newest, DataType type, PrepareFunction prepare) {
  return {op, 1, newest, {{type}}, {{type}}, prepare};
}

}  // namespace

OpRowList AbsRows() {
  return {Row(BuiltinOp::kAbs, 5, DataType::kInt8, &PrepareAbs<int8_t>),
          Row(BuiltinOp::kAbs, 5, DataType::kInt16, &PrepareAbs<int16_t>),
          Row(BuiltinOp::kAbs, 5, DataType::kInt32, &PrepareAbsS32),
          Row(BuiltinOp::kAbs, 5, DataType::kFloat32, &PrepareAbsF32),
          Row(BuiltinOp::kNeg, 1, DataType::kInt8, &PrepareNeg<int8_t>),
          Row(BuiltinOp::kNeg, 1, DataType::kInt16, &PrepareNeg<int16_t>),
          Row(BuiltinOp::kNeg, 1, DataType::kInt32, &PrepareNeg<int32_t>),
          Row(BuiltinOp::kNeg, 1, DataType::kInt64, &PrepareNeg<int64_t>),
          Row(BuiltinOp::kNeg, 1, DataType::kFloat32, &PrepareNegF32)};
}

}  // namespace octet::ops
