// ARG_MAX and ARG_MIN: where along an axis the largest or smallest element stands, the first of
// equals. A NaN is never larger or smaller: only as the first element it is the answer.
#include <functional>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/selection/rows.h"

namespace octet::ops {
namespace {

// Better(a, b): a takes the place of b, which stands before it.
template <typename T, typename Index, template <typename> typename Better>
class ArgExtremum final : public Op {
 public:
  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b10; }

  explicit ArgExtremum(bool whole_rows) : whole_rows_(whole_rows) {}

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const Shape& input = inputs[0];
    if (inputs[1].num_elements() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("an axis of shape ", inputs[1].ToString(), "; one number is needed"));
    }
    OCTET_ASSIGN_OR_RETURN(const int axis,
                           NormalizeAxis(*static_cast<const int32_t*>(values[1]), input.rank()));
    if (input.dim(axis) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("axis ", axis, " of shape ", input.ToString(), " has no elements"));
    }
    std::vector<int32_t> dims(input.dims().begin(), input.dims().end());
    dims.erase(dims.begin() + axis);
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if (whole_rows_) return absl::OkStatus();
    return absl::FailedPreconditionError("it may search dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    OCTET_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(*context.in<int32_t>(1), input.rank()));
    const int64_t outer = input.OuterElements(axis);
    const int64_t inner = input.InnerElements(axis + 1);
    const int32_t size = input.dim(axis);
    const T* in = context.in<T>(0);
    Index* out = context.out<Index>(0);
    for (int64_t o = 0; o < outer; ++o, in += size * inner) {
      for (int64_t i = 0; i < inner; ++i) *out++ = Best(in + i, inner, size);
    }
    return absl::OkStatus();
  }

 private:
  static Index Best(const T* in, int64_t stride, int32_t size) {
    Index best = 0;
    for (int32_t i = 1; i < size; ++i) {
      if (Better<T>()(in[i * stride], in[best * stride])) best = i;
    }
    return best;
  }

  const bool whole_rows_;  // the axis is known not to be dimension 0
};

template <typename T, typename Index, template <typename> typename Better>
PreparedOp Prepare(const PrepareContext& context) {
  bool whole_rows = false;
  if (context.input(1)->is_constant) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> axis, ConstantInts(*context.input(1)));
    if (axis.size() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("an axis of ", axis.size(), " numbers; one is needed"));
    }
    OCTET_ASSIGN_OR_RETURN(const int from_front,
                           NormalizeAxis(axis[0], context.input(0)->shape.rank()));
    whole_rows = from_front != 0;
  }
  return std::make_unique<ArgExtremum<T, Index, Better>>(whole_rows);
}

template <typename T>
void AddRows(DataType type, OpRowList& rows) {
  const auto add = [&](BuiltinOp op, DataType index, PrepareFunction prepare) {
    rows.push_back({op, 1, 3, {{type}, {DataType::kInt32}}, {{index}}, prepare});
  };
  add(BuiltinOp::kArgMax, DataType::kInt32, &Prepare<T, int32_t, std::greater>);
  add(BuiltinOp::kArgMax, DataType::kInt64, &Prepare<T, int64_t, std::greater>);
  add(BuiltinOp::kArgMin, DataType::kInt32, &Prepare<T, int32_t, std::less>);
  add(BuiltinOp::kArgMin, DataType::kInt64, &Prepare<T, int64_t, std::less>);
}

}  // namespace

OpRowList ArgExtremumRows() {
  OpRowList rows;
  AddRows<float>(DataType::kFloat32, rows);
  AddRows<int8_t>(DataType::kInt8, rows);
  AddRows<uint8_t>(DataType::kUint8, rows);
  AddRows<int32_t>(DataType::kInt32, rows);
  AddRows<uint8_t>(DataType::kBool, rows);
  return rows;
}

}  // namespace octet::ops
