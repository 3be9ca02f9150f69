// CONCATENATION: tensors side by side along one axis.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"

namespace octet::ops {
namespace {

class Concatenation final : public Op {
 public:
  Concatenation(int axis, size_t element) : axis_(axis), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    std::vector<int32_t> dims(inputs[0].dims().begin(), inputs[0].dims().end());
    dims[axis_] = 0;
    for (const Shape& input : inputs) {
      bool fits = input.rank() == inputs[0].rank();
      for (int i = 0; fits && i < input.rank(); ++i) {
        fits = i == axis_ || input.dim(i) == inputs[0].dim(i);
      }
      if (!fits || !CheckedAdd(dims[axis_], input.dim(axis_), &dims[axis_])) {
        return absl::InvalidArgumentError(absl::StrCat("shapes ", inputs[0].ToString(), " and ",
                                                       input.ToString(),
                                                       " cannot be joined along axis ", axis_));
      }
    }
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (axis_ == 0) return absl::FailedPreconditionError("it joins along dimension 0");
    for (bool rows : has_rows) {
      if (!rows) return absl::FailedPreconditionError("it joins rows with a constant");
    }
    return absl::OkStatus();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& output = context.output_shapes[0];
    const int64_t outer = output.OuterElements(axis_);
    const int64_t out_run = output.InnerElements(axis_) * element_;
    int64_t column = 0;
    for (size_t i = 0; i < context.inputs.size(); ++i) {
      const int64_t run = context.input_shapes[i].InnerElements(axis_) * element_;
      const auto* in = context.in<std::byte>(i);
      if (run > 0) {
        for (int64_t row = 0; row < outer; ++row) {
          std::memcpy(context.out<std::byte>(0) + row * out_run + column, in + row * run, run);
        }
      }
      column += run;
    }
    return absl::OkStatus();
  }

 private:
  const int axis_;
  const size_t element_;
};

PreparedOp Prepare(const PrepareContext& context) {
  const auto options = context.options<ConcatenationOptions>();
  if (options.activation != Activation::kNone) {
    return absl::UnimplementedError("a fused activation");
  }
  const TensorDef& output = context.output(0);
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         NormalizeAxis(options.axis, context.input(0)->shape.rank()));
  if (output.type == DataType::kInt8) {
    // Codes are copied, so they must mean the same.
    for (int i = 0; i < context.num_inputs(); ++i) {
      OCTET_RETURN_IF_ERROR(CheckSameQuantization(*context.input(i), output, 0.0f));
    }
  }
  return std::make_unique<Concatenation>(axis, DataTypeSize(output.type));
}

}  // namespace

OpRowList ConcatenationRows() {
  OpRowList rows;
  for (DataType type : {DataType::kInt8, DataType::kFloat32}) {
    rows.push_back({BuiltinOp::kConcatenation,
                    1,
                    4,
                    {{type, /*optional=*/false, /*repeats=*/true}},
                    {{type}},
                    &Prepare});
  }
  return rows;
}

}  // namespace octet::ops
