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

template <typename T>
std::unique_ptr<const Op> MakeTableOp(const Table8<T>& table) {
  constexpr int32_t kLowest = std::numeric_limits<T>::min();
  return MakeElementwise<T, T>([table](T code) { return table[code - kLowest]; });
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
        BuildTable8<T>([&](int32_t code) { return CodeOfFunction(in, out, f, rule, code); }));
  }
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_TABLE_H_
