// SPLIT, SPLIT_V, UNPACK: parts of a tensor along one axis.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class Split final : public Op {
 public:
  // `sizes`: of each part, one may be -1; empty: `parts` equal ones. `drop`: the axis, of size 1 in
  // each part, is left out. The tensor is input `data`.
  Split(int data, int axis, int parts, std::vector<int32_t> sizes, bool drop, size_t element)
      : data_(data),
        axis_(axis),
        parts_(parts),
        sizes_(std::move(sizes)),
        drop_(drop),
        element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& input = inputs[data_];
    if (axis_ >= input.rank()) return Mismatch(input);
    const int32_t whole = input.dim(axis_);
    int64_t known = 0;
    for (int32_t size : sizes_) known += size == -1 ? 0 : size;
    int64_t total = 0;
    Shapes outputs;
    for (int i = 0; i < parts_; ++i) {
      int64_t size = sizes_.empty() ? whole / parts_ : sizes_[i];
      if (size == -1) size = whole - known;
      if (size < 0 || size > whole || (drop_ && size != 1)) return Mismatch(input);
      total += size;
      absl::InlinedVector<int32_t, Shape::kMaxRank> dims(input.dims().begin(), input.dims().end());
      if (drop_) {
        dims.erase(dims.begin() + axis_);
      } else {
        dims[axis_] = static_cast<int32_t>(size);
      }
      OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
      outputs.push_back(std::move(output));
    }
    if (total != whole) return Mismatch(input);
    return outputs;
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if (axis_ != 0) return absl::OkStatus();
    return absl::FailedPreconditionError("it splits dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[data_];
    if (input.num_elements() == 0) return absl::OkStatus();
    const int64_t outer = input.OuterElements(axis_);
    const int64_t in_run = input.InnerElements(axis_) * element_;
    const auto* in = context.in<std::byte>(data_);
    for (int i = 0; i < parts_; ++i) {
      const int64_t run = context.output_shapes[i].num_elements() / outer * element_;
      if (run == 0) continue;
      for (int64_t row = 0; row < outer; ++row) {
        std::memcpy(context.out<std::byte>(i) + row * run, in + row * in_run, run);
      }
      in += run;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Mismatch(const Shape& input) const {
    return absl::InvalidArgumentError(absl::StrCat("shape ", input.ToString(), " has no ", parts_,
                                                   " such parts along axis ", axis_));
  }

  const int data_;
  const int axis_;
  const int parts_;
  const std::vector<int32_t> sizes_;
  const bool drop_;
  const size_t element_;
};

PreparedOp Make(const PrepareContext& context, int data, int64_t given_axis,
                std::vector<int32_t> sizes, bool drop) {
  const TensorDef& input = *context.input(data);
  const int parts = static_cast<int>(context.op->outputs.size());
  for (int i = 0; i < parts; ++i) {
    OCTET_RETURN_IF_ERROR(CheckCopies(input, context.output(i)));
  }
  OCTET_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(given_axis, input.shape.rank()));
  return std::make_unique<Split>(data, axis, parts, std::move(sizes), drop,
                                 DataTypeSize(input.type));
}

absl::StatusOr<int32_t> ConstantAxis(const TensorDef& tensor) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> axis, ConstantInts(tensor));
  if (axis.size() == 1) return axis[0];
  return absl::InvalidArgumentError(absl::StrCat("'", tensor.name, "' is not one axis"));
}

PreparedOp PrepareSplit(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const int32_t axis, ConstantAxis(*context.input(0)));
  return Make(context, 1, axis, {}, /*drop=*/false);
}

PreparedOp PrepareSplitV(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(std::vector<int32_t> sizes, ConstantInts(*context.input(1)));
  OCTET_ASSIGN_OR_RETURN(const int32_t axis, ConstantAxis(*context.input(2)));
  int open = 0;
  bool fits = !sizes.empty() && sizes.size() == context.op->outputs.size();
  for (int32_t size : sizes) {
    open += size == -1;
    fits = fits && size >= -1;
  }
  if (!fits || open > 1) {
    return absl::InvalidArgumentError(absl::StrCat("'", context.input(1)->name,
                                                   "' does not hold the sizes of ",
                                                   context.op->outputs.size(), " parts"));
  }
  return Make(context, 0, axis, std::move(sizes), /*drop=*/false);
}

PreparedOp PrepareUnpack(const PrepareContext& context) {
  return Make(context, 0, context.options<AxisOptions>().axis, {}, /*drop=*/true);
}

}  // namespace

OpRowList SplitRows() {
  OpRowList rows;
  const TypeSlot int32{DataType::kInt32};
  for (DataType type : kMovedTypes) {
    const TypeSlot parts{type, /*optional=*/false, /*repeats=*/true};
    if (type != DataType::kBool) {
      rows.push_back({BuiltinOp::kSplit, 1, 5, {int32, {type}}, {parts}, &PrepareSplit});
      rows.push_back({BuiltinOp::kSplitV, 1, 3, {{type}, int32, int32}, {parts}, &PrepareSplitV});
    }
    if (type != DataType::kInt64) {
      rows.push_back({BuiltinOp::kUnpack, 1, 6, {{type}}, {parts}, &PrepareUnpack});
    }
  }
  return rows;
}

}  // namespace octet::ops
