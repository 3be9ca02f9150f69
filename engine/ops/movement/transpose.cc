// TRANSPOSE: dimensions in another order.
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class Transpose final : public Op {
 public:
  // Output dimension i is input dimension `order[i]`.
  Transpose(std::vector<int> order, size_t element) : order_(std::move(order)), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    if (static_cast<size_t>(inputs[0].rank()) != order_.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a permutation of ", order_.size(), " dimensions for shape ", inputs[0].ToString()));
    }
    std::vector<int32_t> dims;
    for (int axis : order_) dims.push_back(inputs[0].dim(axis));
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if (!order_.empty() && order_[0] == 0) return absl::OkStatus();
    return absl::FailedPreconditionError("it moves dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    StridedView view;
    for (int axis : order_) view.Add(input.dim(axis), input.InnerElements(axis + 1));
    CopyView(view, element_, context.inputs[0], context.outputs[0]);
    return absl::OkStatus();
  }

 private:
  const std::vector<int> order_;
  const size_t element_;
};

PreparedOp Prepare(const PrepareContext& context) {
  const int rank = context.input(0)->shape.rank();
  OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> given, ConstantInts(*context.input(1)));
  std::vector<int> order;
  uint32_t seen = 0;
  for (int32_t axis : given) {
    OCTET_ASSIGN_OR_RETURN(const int normal, NormalizeAxis(axis, rank));
    order.push_back(normal);
    seen |= 1u << normal;
  }
  if (static_cast<int>(order.size()) != rank || seen != (1u << rank) - 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", context.input(1)->name, "' is no permutation of ", rank, " dimensions"));
  }
  return std::make_unique<Transpose>(std::move(order), DataTypeSize(context.output(0).type));
}

}  // namespace

OpRowList TransposeRows() {
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    rows.push_back({BuiltinOp::kTranspose, 1, 9, {{type}, {DataType::kInt32}}, {{type}}, &Prepare});
  }
  return rows;
}

}  // namespace octet::ops
