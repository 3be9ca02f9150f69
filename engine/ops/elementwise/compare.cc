// EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, and logical operators. NUMERICS.md,
// "Comparisons".
#include <functional>

#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/elementwise/arithmetic.h"
#include "engine/ops/elementwise/binary.h"
#include "engine/ops/elementwise/elementwise.h"
#include "engine/ops/elementwise/rows.h"

namespace octet::ops {
namespace {

// BOOL tensors are bytes; any but 0 is true.
using Bool = uint8_t;

template <typename T, typename Relation>
PreparedOp PreparePlain(const PrepareContext&) {
  return MakeBinary<T, T, Bool>([](T a, T b) { return Bool{Relation()(a, b)}; });
}

template <typename Relation>
PreparedOp PrepareBool(const PrepareContext&) {
  return MakeBinary<Bool, Bool, Bool>(
      [](Bool a, Bool b) { return Bool{Relation()(a != 0, b != 0)}; });
}

// Both sides are brought to one scale, 8 bits finer than a code of scale 1.
template <typename T, typename Relation>
PreparedOp PrepareCodes(const PrepareContext& context) {
  const TensorDef& a = *context.input(0);
  const TensorDef& b = *context.input(1);
  if (!a.quantization.is_quantized() && !b.quantization.is_quantized()) {
    return PreparePlain<T, Relation>(context);
  }
  constexpr int kLeftShift = 8;
  OCTET_RETURN_IF_ERROR(CheckPerTensor(a));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(b));
  OCTET_ASSIGN_OR_RETURN(const auto of_a, RatioMultiplier(a.quantization.scale[0], a));
  OCTET_ASSIGN_OR_RETURN(const auto of_b, RatioMultiplier(b.quantization.scale[0], b));
  const int32_t zero_a = a.quantization.zero_point[0];
  const int32_t zero_b = b.quantization.zero_point[0];
  return MakeBinary<T, T, Bool>([=](T qa, T qb) {
    const int32_t x = kernels::MultiplyByFixedPoint((qa - zero_a) * (1 << kLeftShift), of_a);
    const int32_t y = kernels::MultiplyByFixedPoint((qb - zero_b) * (1 << kLeftShift), of_b);
    return Bool{Relation()(x, y)};
  });
}

PreparedOp PrepareNot(const PrepareContext&) {
  return MakeElementwise<Bool, Bool>([](Bool a) { return Bool{a == 0}; });
}

OpRow Row(BuiltinOp op, int newest, DataType type, PrepareFunction prepare) {
  return {op, 1, newest, {{type}, {type}}, {{DataType::kBool}}, prepare};
}

template <typename Relation>
OpRowList RowsOf(BuiltinOp op, int newest) {
  return {Row(op, newest, DataType::kInt8, &PrepareCodes<int8_t, Relation>),
          Row(op, newest, DataType::kUint8, &PrepareCodes<uint8_t, Relation>),
          Row(op, newest, DataType::kInt32, &PreparePlain<int32_t, Relation>),
          Row(op, newest, DataType::kInt64, &PreparePlain<int64_t, Relation>),
          Row(op, newest, DataType::kFloat32, &PreparePlain<float, Relation>)};
}

// LiteRT takes account of the scales of int16 codes.
template <typename Relation>
OpRowList EqualityRows(BuiltinOp op, int newest) {
  return JoinRows(RowsOf<Relation>(op, newest),
                  OpRowList{Row(op, newest, DataType::kInt16, &PrepareCodes<int16_t, Relation>),
                            Row(op, newest, DataType::kBool, &PrepareBool<Relation>)});
}

// LiteRT compares int16 codes as they are, whatever their scales.
template <typename Relation>
OpRowList OrderRows(BuiltinOp op, int newest) {
  return JoinRows(RowsOf<Relation>(op, newest),
                  OpRowList{Row(op, newest, DataType::kInt16, &PreparePlain<int16_t, Relation>)});
}

}  // namespace

OpRowList CompareRows() {
  constexpr auto kBool = DataType::kBool;
  return JoinRows(EqualityRows<std::equal_to<>>(BuiltinOp::kEqual, 5),
                  EqualityRows<std::not_equal_to<>>(BuiltinOp::kNotEqual, 4),
                  OrderRows<std::less<>>(BuiltinOp::kLess, 3),
                  OrderRows<std::less_equal<>>(BuiltinOp::kLessEqual, 2),
                  OrderRows<std::greater<>>(BuiltinOp::kGreater, 2),
                  OrderRows<std::greater_equal<>>(BuiltinOp::kGreaterEqual, 3),
                  OpRowList{
                      Row(BuiltinOp::kLogicalAnd, 1, kBool, &PrepareBool<std::logical_and<>>),
                      Row(BuiltinOp::kLogicalOr, 1, kBool, &PrepareBool<std::logical_or<>>),
                      OpRow{BuiltinOp::kLogicalNot, 1, 1, {{kBool}}, {{kBool}}, &PrepareNot},
                  });
}

}  // namespace octet::ops
