#include "engine/ops/reduction/reducer.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"

namespace octet::ops {

int64_t ReducedAxes::Count(const Shape& input) const {
  int64_t count = 1;
  for (int i = 0; i < input.rank(); ++i) {
    if (Has(i)) count *= input.dim(i);
  }
  return count;
}

absl::StatusOr<ReducedAxes> ReadReducedAxes(const PrepareContext& context) {
  const int rank = context.input(0)->shape.rank();
  OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> axes, ConstantInts(*context.input(1)));
  ReducedAxes reduced;
  reduced.keep_dims = context.options<ReducerOptions>().keep_dims;
  for (int32_t axis : axes) {
    OCTET_ASSIGN_OR_RETURN(const int normal, NormalizeAxis(axis, rank));
    reduced.mask |= 1u << normal;
  }
  return reduced;
}

absl::StatusOr<Shapes> Reducer::InferShapes(absl::Span<const Shape> inputs) const {
  std::vector<int32_t> dims;
  for (int i = 0; i < inputs[0].rank(); ++i) {
    if (!axes_.Has(i)) {
      dims.push_back(inputs[0].dim(i));
    } else if (axes_.keep_dims) {
      dims.push_back(1);
    }
  }
  if (inputs[0].num_elements() == 0) {
    return absl::InvalidArgumentError("a reduction of no elements");
  }
  if (Count(inputs[0]) > max_count_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a reduction of ", Count(inputs[0]), " elements is too large; ", max_count_, " at most"));
  }
  OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
  return Shapes{std::move(output)};
}

Reducer::FoldedBlock Reducer::Block(const Shape& input) const {
  int begin = 0;
  while (begin < input.rank() && !axes_.Has(begin)) ++begin;
  int end = begin;
  while (end < input.rank() && axes_.Has(end)) ++end;
  for (int i = end; i < input.rank(); ++i) {
    if (axes_.Has(i)) return {};
  }
  return {input.OuterElements(begin), Count(input), input.InnerElements(end)};
}

absl::Status Reducer::CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const {
  if (!axes_.Has(0)) return absl::OkStatus();
  return absl::FailedPreconditionError("it reduces dimension 0");
}

}  // namespace octet::ops
