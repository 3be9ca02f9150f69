// GATHER_ND: parts of a tensor, each picked by an index of several dimensions.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

template <typename Index>
class GatherNd final : public Op {
 public:
  explicit GatherNd(size_t element) : element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& input = inputs[0];
    const Shape& indices = inputs[1];
    if (indices.rank() < 1 || indices.dim(indices.rank() - 1) > input.rank()) {
      return absl::InvalidArgumentError(absl::StrCat("indices of shape ", indices.ToString(),
                                                     " do not fit shape ", input.ToString()));
    }
    const int depth = indices.dim(indices.rank() - 1);
    std::vector<int32_t> dims(indices.dims().begin(), indices.dims().end() - 1);
    dims.insert(dims.end(), input.dims().begin() + depth, input.dims().end());
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    if (!has_rows[0] && inputs[1].rank() > 1) return absl::OkStatus();
    return absl::FailedPreconditionError("it picks across rows");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Shape& shape = context.input_shapes[1];
    const int depth = shape.dim(shape.rank() - 1);
    const int64_t picks = shape.OuterElements(shape.rank() - 1);
    const int64_t run = input.InnerElements(depth) * element_;
    const Index* index = context.in<Index>(1);
    auto* out = context.out<std::byte>(0);
    for (int64_t pick = 0; pick < picks; ++pick, index += depth, out += run) {
      int64_t at = 0;
      for (int i = 0; i < depth; ++i) {
        if (index[i] < 0 || index[i] >= input.dim(i)) {
          return absl::InvalidArgumentError(absl::StrCat(
              "index ", index[i], " is outside of dimension ", i, " of ", input.ToString()));
        }
        at = at * input.dim(i) + index[i];
      }
      if (run > 0) std::memcpy(out, context.in<std::byte>(0) + at * run, run);
    }
    return absl::OkStatus();
  }

 private:
  const size_t element_;
};

template <typename Index>
PreparedOp Prepare(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), context.output(0)));
  return std::make_unique<GatherNd<Index>>(DataTypeSize(context.output(0).type));
}

}  // namespace

OpRowList GatherNdRows() {
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    rows.push_back(
        {BuiltinOp::kGatherNd, 1, 6, {{type}, {DataType::kInt32}}, {{type}}, &Prepare<int32_t>});
    rows.push_back(
        {BuiltinOp::kGatherNd, 1, 6, {{type}, {DataType::kInt64}}, {{type}}, &Prepare<int64_t>});
  }
  return rows;
}

}  // namespace octet::ops
