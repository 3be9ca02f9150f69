// SLICE: a box out of a tensor.
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class Slice final : public Op {
 public:
  // `whole_rows`: constant begin 0 and size -1 along dimension 0.
  Slice(DataType index, size_t element, bool whole_rows)
      : index_(index), element_(element), whole_rows_(whole_rows) {}

  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b110; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const Shape& input = inputs[0];
    if (inputs[1] != Shape{input.rank()} || inputs[2] != Shape{input.rank()}) {
      return absl::InvalidArgumentError(absl::StrCat("a begin of shape ", inputs[1].ToString(),
                                                     " and a size of shape ", inputs[2].ToString(),
                                                     " for shape ", input.ToString()));
    }
    const SmallInts begin(index_, values[1], input.rank());
    const SmallInts size(index_, values[2], input.rank());
    absl::InlinedVector<int64_t, Shape::kMaxRank> sizes;
    for (int i = 0; i < input.rank(); ++i) {
      const int64_t left = begin[i] < 0 ? -1 : input.dim(i) - begin[i];
      const int64_t taken = size[i] == -1 ? left : size[i];
      if (taken < 0 || taken > left) {
        return absl::InvalidArgumentError(absl::StrCat("begin ", begin[i], " and size ", size[i],
                                                       " leave dimension ", i, " of ",
                                                       input.ToString()));
      }
      sizes.push_back(taken);
    }
    return OneShape(sizes);
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (has_rows[1] || has_rows[2]) return absl::FailedPreconditionError("rows say where it cuts");
    if (whole_rows_) return absl::OkStatus();
    return absl::FailedPreconditionError("it cuts dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const SmallInts begin(index_, context.inputs[1], input.rank());
    StridedView view;
    for (int i = 0; i < input.rank(); ++i) {
      const int64_t stride = input.InnerElements(i + 1);
      view.offset += begin[i] * stride;
      view.Add(context.output_shapes[0].dim(i), stride);
    }
    CopyView(view, element_, context.inputs[0], context.outputs[0]);
    return absl::OkStatus();
  }

 private:
  const DataType index_;
  const size_t element_;
  const bool whole_rows_;
};

PreparedOp Prepare(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), context.output(0)));
  bool whole_rows = false;
  if (context.input(1)->is_constant && context.input(2)->is_constant) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> begin, ConstantInts(*context.input(1)));
    OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> size, ConstantInts(*context.input(2)));
    whole_rows = !begin.empty() && !size.empty() && begin[0] == 0 && size[0] == -1;
  }
  return std::make_unique<Slice>(context.input(1)->type, DataTypeSize(context.output(0).type),
                                 whole_rows);
}

}  // namespace

OpRowList SliceRows() {
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    for (DataType index : {DataType::kInt32, DataType::kInt64}) {
      rows.push_back({BuiltinOp::kSlice, 1, 8, {{type}, {index}, {index}}, {{type}}, &Prepare});
    }
  }
  return rows;
}

}  // namespace octet::ops
