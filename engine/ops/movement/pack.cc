// PACK: tensors of one shape side by side along a new axis.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class Pack final : public Op {
 public:
  Pack(int axis, size_t element) : axis_(axis), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    for (const Shape& input : inputs) {
      if (input != inputs[0]) {
        return absl::InvalidArgumentError(absl::StrCat("shapes ", inputs[0].ToString(), " and ",
                                                       input.ToString(), " cannot be packed"));
      }
    }
    absl::InlinedVector<int32_t, Shape::kMaxRank> dims(inputs[0].dims().begin(),
                                                       inputs[0].dims().end());
    if (axis_ > inputs[0].rank()) {
      return absl::InvalidArgumentError(
          absl::StrCat("axis ", axis_, " is outside of shape ", inputs[0].ToString()));
    }
    dims.insert(dims.begin() + axis_, static_cast<int32_t>(inputs.size()));
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (axis_ == 0) return absl::FailedPreconditionError("it packs along dimension 0");
    for (bool rows : has_rows) {
      if (!rows) return absl::FailedPreconditionError("it packs rows with a constant");
    }
    return absl::OkStatus();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    if (input.num_elements() == 0) return absl::OkStatus();
    const int64_t outer = input.OuterElements(axis_);
    const int64_t run = input.InnerElements(axis_) * element_;
    const int64_t count = static_cast<int64_t>(context.inputs.size());
    for (int64_t i = 0; i < count; ++i) {
      const auto* in = context.in<std::byte>(i);
      for (int64_t row = 0; row < outer; ++row) {
        std::memcpy(context.out<std::byte>(0) + (row * count + i) * run, in + row * run, run);
      }
    }
    return absl::OkStatus();
  }

 private:
  const int axis_;
  const size_t element_;
};

PreparedOp Prepare(const PrepareContext& context) {
  const TensorDef& output = context.output(0);
  for (int i = 0; i < context.num_inputs(); ++i) {
    OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(i), output));
  }
  OCTET_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(context.options<AxisOptions>().axis,
                                                       context.input(0)->shape.rank() + 1));
  return std::make_unique<Pack>(axis, DataTypeSize(output.type));
}

}  // namespace

OpRowList PackRows() {
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    if (type == DataType::kBool) continue;
    rows.push_back({BuiltinOp::kPack,
                    1,
                    5,
                    {{type, /*optional=*/false, /*repeats=*/true}},
                    {{type}},
                    &Prepare});
  }
  return rows;
}

}  // namespace octet::ops
