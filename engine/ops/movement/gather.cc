// GATHER: parts of a tensor along one axis, picked by indices.
#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

template <typename Index>
class Gather final : public Op {
 public:
  Gather(int axis, int batch_dims, size_t element)
      : axis_(axis), batch_dims_(batch_dims), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& input = inputs[0];
    const Shape& indices = inputs[1];
    bool fits = axis_ < input.rank() && batch_dims_ <= indices.rank();
    for (int i = 0; fits && i < batch_dims_; ++i) fits = input.dim(i) == indices.dim(i);
    if (!fits) {
      return absl::InvalidArgumentError(absl::StrCat("indices of shape ", indices.ToString(),
                                                     " do not fit shape ", input.ToString(),
                                                     " along axis ", axis_));
    }
    std::vector<int32_t> dims(input.dims().begin(), input.dims().begin() + axis_);
    dims.insert(dims.end(), indices.dims().begin() + batch_dims_, indices.dims().end());
    dims.insert(dims.end(), input.dims().begin() + axis_ + 1, input.dims().end());
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    const bool table_rows = has_rows[0];
    const bool index_rows = has_rows[1];
    if (!index_rows && axis_ > 0 && batch_dims_ == 0) return absl::OkStatus();
    if (!table_rows && axis_ == 0) return absl::OkStatus();
    if (table_rows && index_rows && batch_dims_ > 0) return absl::OkStatus();
    return absl::FailedPreconditionError("it picks across rows");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Shape& shape = context.input_shapes[1];
    const int64_t batches = input.OuterElements(batch_dims_);
    const int64_t outer = input.OuterElements(axis_) / std::max<int64_t>(batches, 1);
    const int64_t size = input.dim(axis_);
    const int64_t run = input.InnerElements(axis_ + 1) * element_;
    const int64_t picks = shape.InnerElements(batch_dims_);
    const auto* in = context.in<std::byte>(0);
    auto* out = context.out<std::byte>(0);
    for (int64_t batch = 0; batch < batches; ++batch) {
      const Index* indices = context.in<Index>(1) + batch * picks;
      for (int64_t row = 0; row < outer; ++row, in += size * run) {
        for (int64_t i = 0; i < picks; ++i, out += run) {
          if (indices[i] < 0 || indices[i] >= size) {
            return absl::InvalidArgumentError(absl::StrCat(
                "index ", indices[i], " is outside of axis ", axis_, " of ", input.ToString()));
          }
          if (run > 0) std::memcpy(out, in + indices[i] * run, run);
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  const int axis_;
  const int batch_dims_;
  const size_t element_;
};

template <typename Index>
PreparedOp Prepare(const PrepareContext& context) {
  const TensorDef& input = *context.input(0);
  OCTET_RETURN_IF_ERROR(CheckCopies(input, context.output(0)));
  const auto options = context.options<GatherOptions>();
  OCTET_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(options.axis, input.shape.rank()));
  int64_t batch_dims = options.batch_dims;
  if (batch_dims < 0) batch_dims += context.input(1)->shape.rank();
  if (batch_dims < 0 || batch_dims > axis) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch_dims ", options.batch_dims, " with axis ", axis));
  }
  return std::make_unique<Gather<Index>>(axis, static_cast<int>(batch_dims),
                                         DataTypeSize(input.type));
}

}  // namespace

OpRowList GatherRows() {
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    rows.push_back(
        {BuiltinOp::kGather, 1, 8, {{type}, {DataType::kInt32}}, {{type}}, &Prepare<int32_t>});
    rows.push_back(
        {BuiltinOp::kGather, 1, 8, {{type}, {DataType::kInt64}}, {{type}}, &Prepare<int64_t>});
  }
  return rows;
}

}  // namespace octet::ops
