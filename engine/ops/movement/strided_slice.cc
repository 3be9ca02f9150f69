// STRIDED_SLICE: a box out of a tensor with steps, and dimensions put in or left out.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

bool Bit(int32_t mask, int i) { return (static_cast<uint32_t>(mask) >> i & 1u) != 0; }

// A position counted from the front, inside [low, high].
int64_t Position(int64_t given, int64_t size, int64_t low, int64_t high) {
  return std::clamp(given < 0 ? given + size : given, low, high);
}

class StridedSlice final : public Op {
 public:
  StridedSlice(const StridedSliceOptions& options, size_t element, bool whole_rows)
      : options_(options), element_(element), whole_rows_(whole_rows) {}

  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b1110; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const Shape& begin = inputs[1];
    if (begin.rank() != 1 || begin.dim(0) > Shape::kMaxRank || inputs[2] != begin ||
        inputs[3] != begin) {
      return absl::InvalidArgumentError(
          absl::StrCat("begin, end and strides of shapes ", begin.ToString(), ", ",
                       inputs[2].ToString(), " and ", inputs[3].ToString(),
                       "; equal vectors of at most ", Shape::kMaxRank, " numbers are needed"));
    }
    StridedView view;
    OCTET_RETURN_IF_ERROR(View(inputs[0], begin.dim(0), values, &view));
    return OneShape(absl::MakeConstSpan(view.sizes).first(view.rank));
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (has_rows[1] || has_rows[2] || has_rows[3]) {
      return absl::FailedPreconditionError("rows say where it cuts");
    }
    if (whole_rows_) return absl::OkStatus();
    return absl::FailedPreconditionError("it cuts dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    StridedView view;
    OCTET_RETURN_IF_ERROR(
        View(context.input_shapes[0], context.input_shapes[1].dim(0), context.inputs, &view));
    CopyView(view, element_, context.inputs[0], context.outputs[0]);
    return absl::OkStatus();
  }

 private:
  absl::Status View(const Shape& input, int count, absl::Span<const void* const> values,
                    StridedView* view) const {
    const SmallInts begin(DataType::kInt32, values[1], count);
    const SmallInts end(DataType::kInt32, values[2], count);
    const SmallInts step(DataType::kInt32, values[3], count);
    int named = 0;  // dimensions of the input that have numbers of their own
    for (int i = 0; i < count; ++i) named += !Bit(options_.ellipsis_mask | NewAxes(), i);
    if (named > input.rank()) {
      return absl::InvalidArgumentError(
          absl::StrCat(named, " dimensions to cut in shape ", input.ToString()));
    }
    int axis = 0;
    const auto whole = [&](int dims) {
      for (; dims > 0; --dims, ++axis) view->Add(input.dim(axis), input.InnerElements(axis + 1));
    };
    bool open = true;  // the first ellipsis takes the dimensions without numbers
    for (int i = 0; i < count; ++i) {
      if (Bit(options_.ellipsis_mask, i)) {
        if (open) whole(input.rank() - named);
        open = false;
      } else if (Bit(NewAxes(), i)) {
        view->Add(1, 0);
      } else {
        OCTET_RETURN_IF_ERROR(Cut(input, axis++, i, begin[i], end[i], step[i], view));
      }
    }
    whole(input.rank() - axis);
    return absl::OkStatus();
  }

  int32_t NewAxes() const { return options_.new_axis_mask; }

  absl::Status Cut(const Shape& input, int axis, int i, int64_t begin, int64_t end, int64_t step,
                   StridedView* view) const {
    const int64_t size = input.dim(axis);
    const int64_t stride = input.InnerElements(axis + 1);
    if (step == 0) return absl::InvalidArgumentError("a stride of 0");
    // The last position before the front and the first behind the back belong to a reversed cut.
    const int64_t low = step > 0 ? 0 : -1;
    const int64_t high = step > 0 ? size : size - 1;
    if (Bit(options_.shrink_axis_mask, i)) {
      int64_t at = begin < 0 ? begin + size : begin;
      if (Bit(options_.begin_mask, i)) at = step > 0 ? 0 : size - 1;
      if (at < 0 || at >= size) {
        return absl::InvalidArgumentError(absl::StrCat("index ", begin, " is outside of dimension ",
                                                       axis, " of ", input.ToString()));
      }
      view->offset += at * stride;
      return absl::OkStatus();
    }
    int64_t first = Position(begin, size, low, high);
    if (Bit(options_.begin_mask, i)) first = step > 0 ? 0 : size - 1;
    int64_t last = Position(options_.offset ? first + end : end, size, low, high);
    if (Bit(options_.end_mask, i)) last = step > 0 ? high : low;
    const int64_t distance = step > 0 ? last - first : first - last;
    const int64_t pace = step > 0 ? step : -step;
    const int64_t taken = distance <= 0 ? 0 : (distance + pace - 1) / pace;
    if (taken > 0) view->offset += first * stride;
    view->Add(taken, step * stride);
    return absl::OkStatus();
  }

  const StridedSliceOptions options_;
  const size_t element_;
  const bool whole_rows_;
};

PreparedOp Prepare(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), context.output(0)));
  const auto options = context.options<StridedSliceOptions>();
  bool whole_rows = Bit(options.ellipsis_mask, 0);
  if (!whole_rows && Bit(options.end_mask, 0) &&
      !Bit(options.shrink_axis_mask | options.new_axis_mask, 0) && context.input(1)->is_constant &&
      context.input(3)->is_constant) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> begin, ConstantInts(*context.input(1)));
    OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> step, ConstantInts(*context.input(3)));
    whole_rows = !begin.empty() && !step.empty() && step[0] == 1 &&
                 (Bit(options.begin_mask, 0) || begin[0] == 0);
  }
  return std::make_unique<StridedSlice>(options, DataTypeSize(context.output(0).type), whole_rows);
}

}  // namespace

OpRowList StridedSliceRows() {
  OpRowList rows;
  const TypeSlot index{DataType::kInt32};
  for (DataType type : kMovedTypes) {
    rows.push_back(
        {BuiltinOp::kStridedSlice, 1, 8, {{type}, index, index, index}, {{type}}, &Prepare});
  }
  return rows;
}

}  // namespace octet::ops
