// SQUEEZE and EXPAND_DIMS: dimensions of size 1 left out or put in.
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/same_elements.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class Squeeze final : public Op {
 public:
  // `axes`: bit i for dimension i; `all`: every dimension of size 1.
  Squeeze(uint32_t axes, bool all, size_t element) : axes_(axes), all_(all), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    absl::InlinedVector<int32_t, Shape::kMaxRank> dims;
    for (int i = 0; i < inputs[0].rank(); ++i) {
      const int32_t size = inputs[0].dim(i);
      const bool named = (axes_ >> i & 1u) != 0;
      if (named && size != 1) {
        return absl::InvalidArgumentError(
            absl::StrCat("dimension ", i, " of ", inputs[0].ToString(), " is not 1"));
      }
      if (!named && !(all_ && size == 1)) dims.push_back(size);
    }
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool>) const override {
    if ((axes_ & 1u) != 0 || (all_ && inputs[0].rank() > 0 && inputs[0].dim(0) == 1)) {
      return absl::FailedPreconditionError("it leaves dimension 0 out");
    }
    return absl::OkStatus();
  }

  uint32_t InPlaceInputs() const override { return 0b1; }
  absl::Status Run(const RunContext& context) const override {
    CopyElements(context, element_);
    return absl::OkStatus();
  }

 private:
  const uint32_t axes_;
  const bool all_;
  const size_t element_;
};

class ExpandDims final : public Op {
 public:
  ExpandDims(int axis, size_t element) : axis_(axis), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    absl::InlinedVector<int32_t, Shape::kMaxRank> dims(inputs[0].dims().begin(),
                                                       inputs[0].dims().end());
    dims.insert(dims.begin() + axis_, 1);
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if (axis_ != 0) return absl::OkStatus();
    return absl::FailedPreconditionError("it puts a dimension before dimension 0");
  }

  uint32_t InPlaceInputs() const override { return 0b1; }
  absl::Status Run(const RunContext& context) const override {
    CopyElements(context, element_);
    return absl::OkStatus();
  }

 private:
  const int axis_;
  const size_t element_;
};

PreparedOp PrepareSqueeze(const PrepareContext& context) {
  const TensorDef& input = *context.input(0);
  OCTET_RETURN_IF_ERROR(CheckCopies(input, context.output(0)));
  const std::vector<int32_t> dims = context.options<SqueezeOptions>().dims;
  uint32_t axes = 0;
  for (int32_t dim : dims) {
    OCTET_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(dim, input.shape.rank()));
    axes |= 1u << axis;
  }
  return std::make_unique<Squeeze>(axes, dims.empty(), DataTypeSize(input.type));
}

PreparedOp PrepareExpandDims(const PrepareContext& context) {
  const TensorDef& input = *context.input(0);
  OCTET_RETURN_IF_ERROR(CheckCopies(input, context.output(0)));
  OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> given, ConstantInts(*context.input(1)));
  if (given.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat(given.size(), " axes; one is needed"));
  }
  OCTET_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(given[0], input.shape.rank() + 1));
  return std::make_unique<ExpandDims>(axis, DataTypeSize(input.type));
}

}  // namespace

OpRowList SqueezeRows() {
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    rows.push_back({BuiltinOp::kSqueeze, 1, 2, {{type}}, {{type}}, &PrepareSqueeze});
    rows.push_back(
        {BuiltinOp::kExpandDims, 1, 1, {{type}, {DataType::kInt32}}, {{type}}, &PrepareExpandDims});
  }
  return rows;
}

}  // namespace octet::ops
