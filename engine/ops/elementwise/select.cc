// SELECT and SELECT_V2: elements of one tensor or of another.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/elementwise/broadcast.h"
#include "engine/ops/elementwise/rows.h"

namespace octet::ops {
namespace {

// Words of the size of an element: nothing is computed.
template <typename Word>
class Select final : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(const Shape values, BroadcastShape(inputs[1], inputs[2]));
    OCTET_ASSIGN_OR_RETURN(Shape shape, BroadcastShape(inputs[0], values));
    return Shapes{std::move(shape)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    const int rank = std::max({inputs[0].rank(), inputs[1].rank(), inputs[2].rank()});
    for (int i = 0; i < 3; ++i) {
      const bool fits =
          has_rows[i] ? inputs[i].rank() == rank : inputs[i].rank() < rank || inputs[i].dim(0) == 1;
      if (!fits) {
        return absl::FailedPreconditionError(absl::StrCat("input ", i, " of shape ",
                                                          inputs[i].ToString(),
                                                          " does not line up along dimension 0"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& shape = context.output_shapes[0];
    const auto* condition = context.in<uint8_t>(0);
    const auto* yes = context.in<Word>(1);
    const auto* no = context.in<Word>(2);
    auto* out = context.out<Word>(0);
    const auto step_condition = BroadcastStrides(context.input_shapes[0], shape);
    const auto step_yes = BroadcastStrides(context.input_shapes[1], shape);
    const auto step_no = BroadcastStrides(context.input_shapes[2], shape);
    std::array<int32_t, Shape::kMaxRank> index{};
    for (int64_t i = 0; i < shape.num_elements(); ++i) {
      out[i] = *condition != 0 ? *yes : *no;
      for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        const bool wraps = ++index[axis] == shape.dim(axis);
        const int64_t steps = wraps ? 1 - int64_t{shape.dim(axis)} : 1;
        condition += steps * step_condition[axis];
        yes += steps * step_yes[axis];
        no += steps * step_no[axis];
        if (!wraps) break;
        index[axis] = 0;
      }
    }
    return absl::OkStatus();
  }
};

// SELECT: a condition for each element, for each row, or for all.
template <typename Word>
class SelectRows final : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& condition = inputs[0];
    const Shape& values = inputs[1];
    if (values != inputs[2]) {
      return absl::InvalidArgumentError(absl::StrCat(
          "values of shapes ", values.ToString(), " and ", inputs[2].ToString(), " are not equal"));
    }
    const bool fits = condition == values || condition.rank() == 0 ||
                      (condition.rank() == 1 && values.rank() > 0 &&
                       (condition.dim(0) == 1 || condition.dim(0) == values.dim(0)));
    if (!fits) {
      return absl::InvalidArgumentError(absl::StrCat("a condition of shape ", condition.ToString(),
                                                     " does not fit ", values.ToString()));
    }
    return Shapes{values};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    if (inputs[1].rank() == 0 || has_rows[1] != has_rows[2]) {
      return absl::FailedPreconditionError("one of its values has no rows");
    }
    if (has_rows[0] && !has_rows[1]) {
      return absl::FailedPreconditionError("its values have no rows");
    }
    // A condition for each element of one row would stand for whole rows of a batch.
    if (!has_rows[0] && (inputs[0].rank() > 1 || inputs[0].num_elements() != 1)) {
      return absl::FailedPreconditionError("its condition has no rows");
    }
    return absl::OkStatus();
  }

  absl::Status Run(const RunContext& context) const override {
    const int64_t count = context.output_shapes[0].num_elements();
    const int64_t conditions = context.input_shapes[0].num_elements();
    const int64_t inner = conditions == 0 ? 0 : count / conditions;
    const auto* condition = context.in<uint8_t>(0);
    for (int64_t i = 0; i < conditions; ++i) {
      const auto* from = context.in<Word>(condition[i] != 0 ? 1 : 2) + i * inner;
      std::copy_n(from, inner, context.out<Word>(0) + i * inner);
    }
    return absl::OkStatus();
  }
};

template <typename T>
PreparedOp Prepare(const PrepareContext&) {
  return std::make_unique<T>();
}

template <template <typename> class Operator>
OpRowList RowsOf(BuiltinOp op, int newest) {
  const auto row = [&](DataType type, PrepareFunction prepare) {
    return OpRow{op, 1, newest, {{DataType::kBool}, {type}, {type}}, {{type}}, prepare};
  };
  return {row(DataType::kInt8, &Prepare<Operator<uint8_t>>),
          row(DataType::kUint8, &Prepare<Operator<uint8_t>>),
          row(DataType::kBool, &Prepare<Operator<uint8_t>>),
          row(DataType::kInt16, &Prepare<Operator<uint16_t>>),
          row(DataType::kInt32, &Prepare<Operator<uint32_t>>),
          row(DataType::kUint32, &Prepare<Operator<uint32_t>>),
          row(DataType::kFloat32, &Prepare<Operator<uint32_t>>),
          row(DataType::kInt64, &Prepare<Operator<uint64_t>>)};
}

}  // namespace

OpRowList SelectOpRows() {
  return JoinRows(RowsOf<SelectRows>(BuiltinOp::kSelect, 4),
                  RowsOf<Select>(BuiltinOp::kSelectV2, 2));
}

}  // namespace octet::ops
