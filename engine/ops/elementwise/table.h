// Functions of one quantized variable as tables, built when an operator is prepared. NUMERICS.md,
// "Tables".
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_TABLE_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_TABLE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>

#include "engine/base/rounding.h"
#include "engine/kernels/variants.h"
#include "engine/ops/elementwise/arithmetic.h"
#include "engine/ops/elementwise/elementwise.h"

namespace octet::ops {

// A real function whose answers are float32 numbers, correctly rounded.
using RealFunction = std::function<float(float)>;

// One code for each of the 256 of an 8-bit type, from its lowest. `code_of` maps an input code to
// an output code that may lie outside of T.
template <typename T>
using Table8 = std::array<T, 256>;
template <typename T>
Table8<T> BuildTable8(const std::function<int64_t(int32_t)>& code_of) {
  Table8<T> table;
  for (int32_t i = 0; i < 256; ++i) {
    table[i] = CutTo<T>(code_of(i + std::numeric_limits<T>::min()));
  }
  return table;
}

// An operator that looks each code up.
class TableOp final : public Op {
 public:
  // `table` by the byte of a code.
  TableOp(const std::array<uint8_t, 256>& table, const kernels::Elementwise8& kernels)
      : table_(table), look_up_(kernels.table) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Shapes{inputs[0]};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::OkStatus();
  }
  bool MapsElements() const override { return true; }
  uint32_t InPlaceInputs() const override { return 0b1; }
  absl::Status Run(const RunContext& context) const override;
  size_t ConstantBytes() const override { return table_.size(); }

 private:
  const std::array<uint8_t, 256> table_;
  void (*const look_up_)(const kernels::TableRun8*);
};

template <typename T>
std::unique_ptr<const Op> MakeTableOp(const Table8<T>& table, IsaSet isas) {
  constexpr int32_t kLowest = std::numeric_limits<T>::min();
  std::array<uint8_t, 256> by_byte;
  for (int32_t i = 0; i < 256; ++i) {
    by_byte[static_cast<uint8_t>(i + kLowest)] = static_cast<uint8_t>(table[i]);
  }
  return std::make_unique<TableOp>(by_byte, kernels::SelectElementwise8(isas));
}

// The code of f(real value of `code`), not yet cut: LUT8. `rule` kFloat32 is XNNPACK's rounding.
int64_t CodeOfFunction(const Quantization& in, const Quantization& out, const RealFunction& f,
                       Rounding rule, int32_t code);

// int16 codes: 513 samples and linear interpolation.
class Table16 {
 public:
  Table16(const Quantization& in, const Quantization& out, const RealFunction& f);

  int16_t operator()(int16_t code) const {
    const int32_t i = 256 + (code >> 7);
    const int32_t base = samples_[i];
    return static_cast<int16_t>(base + (((samples_[i + 1] - base) * (code & 127) + 64) >> 7));
  }

 private:
  std::array<int16_t, 513> samples_;
};

// An operator that is f, for INT8, UINT8 or INT16 codes of one type.
template <typename T>
PreparedOp MakeFunctionOp(const PrepareContext& context, const RealFunction& f, Rounding rule) {
  const absl::Status status = CheckPerTensorCodes(context, 1);
  if (!status.ok()) return status;
  const Quantization& in = context.input(0)->quantization;
  const Quantization& out = context.output(0).quantization;
  if constexpr (sizeof(T) == 2) {
    return MakeElementwise<T, T>(Table16(in, out, f));
  } else {
    return MakeTableOp<T>(
        BuildTable8<T>([&](int32_t code) { return CodeOfFunction(in, out, f, rule, code); }),
        context.isas);
  }
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_TABLE_H_
