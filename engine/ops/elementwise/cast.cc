// CAST: numbers to numbers of another type; scales do not matter. NUMERICS.md, "CAST".
#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/ops/elementwise/elementwise.h"
#include "engine/ops/elementwise/rows.h"

namespace octet::ops {
namespace {

// A BOOL's byte: any but 0 is true.
struct Bool {
  uint8_t byte;
};

// A real number is cut to the range of integers; no number becomes 0. LiteRT's answer is undefined
// there.
template <typename Out>
Out FromReal(float value) {
  if (std::isnan(value)) return 0;
  // The end of the range may round up to a float outside of it.
  if (value >= static_cast<float>(std::numeric_limits<Out>::max())) {
    return std::numeric_limits<Out>::max();
  }
  if (value <= static_cast<float>(std::numeric_limits<Out>::min())) {
    return std::numeric_limits<Out>::min();
  }
  return static_cast<Out>(value);
}

template <typename In, typename Out>
Out Convert(In value) {
  if constexpr (std::is_same_v<In, Bool>) {
    return static_cast<Out>(value.byte != 0 ? 1 : 0);
  } else if constexpr (std::is_same_v<Out, Bool>) {
    return Bool{static_cast<uint8_t>(value != 0 ? 1 : 0)};
  } else if constexpr (std::is_floating_point_v<In>) {
    return FromReal<Out>(value);
  } else {
    return static_cast<Out>(value);
  }
}

template <typename In, typename Out>
PreparedOp Prepare(const PrepareContext&) {
  return MakeElementwise<In, Out>([](In value) { return Convert<In, Out>(value); });
}

template <typename T>
struct Type {
  DataType type;
};

template <typename In, typename Out>
void AddRow(Type<In> in, Type<Out> out, OpRowList& rows) {
  if constexpr (!std::is_same_v<In, Out>) {
    rows.push_back({BuiltinOp::kCast, 1, 9, {{in.type}}, {{out.type}}, &Prepare<In, Out>});
  }
}

template <typename In, typename... Types>
void AddRowsFrom(Type<In> in, OpRowList& rows, Types... types) {
  (AddRow(in, types, rows), ...);
}

template <typename... Types>
OpRowList RowsBetween(Types... types) {
  OpRowList rows;
  (AddRowsFrom(types, rows, types...), ...);
  return rows;
}

}  // namespace

OpRowList CastRows() {
  return RowsBetween(Type<int8_t>{DataType::kInt8}, Type<uint8_t>{DataType::kUint8},
                     Type<int16_t>{DataType::kInt16}, Type<int32_t>{DataType::kInt32},
                     Type<uint32_t>{DataType::kUint32}, Type<int64_t>{DataType::kInt64},
                     Type<Bool>{DataType::kBool}, Type<float>{DataType::kFloat32});
}

}  // namespace octet::ops
