// LOGISTIC and TANH. NUMERICS.md, "Tables" and "LOGISTIC and TANH, int16".
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/variants.h"
#include "engine/ops/elementwise/rows.h"
#include "engine/ops/elementwise/sigmoid_16.h"
#include "engine/ops/elementwise/table.h"

namespace octet::ops {
namespace {

// As LiteRT's tables are made.
float LogisticForTable(float x) {
  return 1.0f / (1.0f + static_cast<float>(std::exp(-static_cast<double>(x))));
}

float Tanh(float x) { return static_cast<float>(std::tanh(static_cast<double>(x))); }

// How an int16 code becomes the argument of the table: (code * multiplier, rounded) >> shift.
struct Argument {
  int32_t multiplier = 0;
  int shift = 0;
  int power = -1;  // of a power-of-two scale that needs no multiplier: 0 or 1
};

Argument ArgumentOf(float scale, bool tanh) {
  int exponent = 0;
  if (IsPowerOfTwo(scale, &exponent) && (exponent == -12 || (tanh && exponent == -11))) {
    return {3 << (exponent + 12), 0, exponent + 12};
  }
  double multiplier = static_cast<double>(scale) * 4096.0 * 3.0;
  int shift = 0;
  while (multiplier <= 32767.0 / 2.0 && shift <= 30) {
    multiplier *= 2;
    ++shift;
  }
  return {static_cast<int32_t>(multiplier), shift, -1};
}

// Interpolates in the samples; the function is `tanh`, or the logistic function.
class SampledSigmoid {
 public:
  SampledSigmoid(Argument argument, bool tanh)
      : argument_(argument), tanh_(tanh), samples_(BuildLogisticSamples()) {}

  int16_t operator()(int16_t code) const {
    const int64_t half = argument_.shift > 0 ? int64_t{1} << (argument_.shift - 1) : 0;
    const int64_t value = (int64_t{code} * argument_.multiplier + half) >> argument_.shift;
    return tanh_ ? TanhOf(value) : LogisticOf(value);
  }

 private:
  // A sample of the positive side, with `bits` more bits; `end` past the last one.
  int64_t Interpolate(int64_t value, int bits, int64_t end) const {
    const int64_t magnitude = std::abs(value);
    const int64_t i = magnitude >> bits;
    if (i >= 255) return end;
    const int64_t base = samples_[i];
    return (base << bits) + (magnitude & ((1 << bits) - 1)) * (samples_[i + 1] - base);
  }
  int16_t LogisticOf(int64_t value) const {
    const int64_t r = Interpolate(value, 9, int64_t{0x7FFF} << 10);
    return CutTo<int16_t>((value >= 0 ? r + (1 << 9) : (1 << 25) - r + (1 << 9) - 1) >> 10);
  }
  int16_t TanhOf(int64_t value) const {
    const int64_t r = Interpolate(value, 8, int64_t{0xFFFF} << 8) - (1 << 23);
    return CutTo<int16_t>((value >= 0 ? r + (1 << 7) : -r + (1 << 7) - 1) >> 8);
  }

  const Argument argument_;
  const bool tanh_;
  const std::array<uint16_t, 256> samples_;
};

PreparedOp PrepareS16(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckPerTensorCodes(context, 1));
  const TensorDef& input = *context.input(0);
  const float scale = input.quantization.scale[0];
  const Quantization& output = context.output(0).quantization;
  if (output.scale[0] != 0x1p-15f || output.zero_point[0] != 0 ||
      input.quantization.zero_point[0] != 0) {
    return absl::InvalidArgumentError(
        "16-bit codes need zero points of 0 and an output scale of 1/32768");
  }
  const bool tanh = context.op->op == BuiltinOp::kTanh;
  if (!(scale * 4096.0 * 3.0 < 2147483648.0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor '", input.name, "' has scale ", scale, ", which is too large"));
  }
  const Argument argument = ArgumentOf(scale, tanh);
  if (argument.power >= 0 && context.rounding == Rounding::kFloat32) {
    if (!tanh) return MakeElementwise<int16_t, int16_t>(LogisticQ3);
    const int shift = argument.power;
    return MakeElementwise<int16_t, int16_t>(
        [shift](int16_t code) { return TanhFixed(CutTo<int16_t>(int64_t{code} << shift), 3); });
  }
  return MakeElementwise<int16_t, int16_t>(SampledSigmoid(argument, tanh));
}

template <typename T>
PreparedOp PrepareCodes(const PrepareContext& context) {
  const bool tanh = context.op->op == BuiltinOp::kTanh;
  return MakeFunctionOp<T>(context, tanh ? Tanh : LogisticForTable, context.rounding);
}

class LogisticF32 final : public Op {
 public:
  explicit LogisticF32(const kernels::FloatRows& kernels) : kernels_(kernels) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Shapes{inputs[0]};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::OkStatus();
  }
  bool MapsElements() const override { return true; }
  uint32_t InPlaceInputs() const override { return 0b1; }

  absl::Status Run(const RunContext& context) const override {
    constexpr int64_t kMinElementsPerThread = 16 * 1024;
    const int64_t count = context.input_shapes[0].num_elements();
    const int64_t parts = std::clamp<int64_t>(count / kMinElementsPerThread, 1, context.threads());
    ForEachPart(context.pool, parts, [&](int64_t part) {
      const Range share = Share(count, 64, part, parts);
      kernels_.logistic(context.in<float>(0) + share.begin, context.out<float>(0) + share.begin,
                        share.end - share.begin);
    });
    return absl::OkStatus();
  }

 private:
  const kernels::FloatRows& kernels_;
};

PreparedOp PrepareF32(const PrepareContext& context) {
  if (context.op->op == BuiltinOp::kTanh) return MakeElementwise<float, float>(Tanh);
  return std::make_unique<LogisticF32>(kernels::SelectFloatRows(context.isas));
}

OpRowList RowsOf(BuiltinOp op) {
  const auto row = [op](DataType type, PrepareFunction prepare) {
    return OpRow{op, 1, 3, {{type}}, {{type}}, prepare};
  };
  return {row(DataType::kInt8, &PrepareCodes<int8_t>),
          row(DataType::kUint8, &PrepareCodes<uint8_t>), row(DataType::kInt16, &PrepareS16),
          row(DataType::kFloat32, &PrepareF32)};
}

}  // namespace

OpRowList LogisticRows() {
  return JoinRows(RowsOf(BuiltinOp::kLogistic), RowsOf(BuiltinOp::kTanh));
}

}  // namespace octet::ops
