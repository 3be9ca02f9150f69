// RESHAPE: the same elements under another shape.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"

namespace octet::ops {
namespace {

class Reshape final : public Op {
 public:
  Reshape(std::vector<int32_t> target, size_t element)
      : target_(std::move(target)), element_(element) {}

  // A target without -1 may have been exported for one row of a batch: an input that holds several
  // times its elements multiplies its first dimension.
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const int64_t elements = inputs[0].num_elements();
    std::vector<int32_t> dims = target_;
    int64_t known = 1;
    int open = -1;
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] == -1 && open < 0) {
        open = static_cast<int>(i);
      } else if (dims[i] < 0 || !CheckedMul(known, int64_t{dims[i]}, &known)) {
        return Mismatch(inputs[0]);
      }
    }
    int64_t factor = 1;
    if (known == 0) {
      if (elements != 0 || open >= 0) return Mismatch(inputs[0]);
    } else {
      factor = elements / known;
      if (factor * known != elements) return Mismatch(inputs[0]);
    }
    if (open >= 0) {
      dims[open] = static_cast<int32_t>(factor);
    } else if (factor != 1) {
      if (dims.empty() || elements == 0) return Mismatch(inputs[0]);
      dims[0] = static_cast<int32_t>(dims[0] * factor);
    }
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    if (output.num_elements() != elements) return Mismatch(inputs[0]);
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    for (size_t i = 1; i < target_.size(); ++i) {
      if (target_[i] == -1) {
        return absl::FailedPreconditionError(
            "its shape leaves a dimension behind the first open, which would take up the batch");
      }
    }
    return absl::OkStatus();
  }

  absl::Status Run(const RunContext& context) const override {
    const size_t bytes = context.input_shapes[0].num_elements() * element_;
    if (bytes > 0) std::memcpy(context.outputs[0], context.inputs[0], bytes);
    return absl::OkStatus();
  }

 private:
  absl::Status Mismatch(const Shape& input) const {
    return absl::InvalidArgumentError(absl::StrCat("shape ", input.ToString(), " cannot become [",
                                                   absl::StrJoin(target_, ","), "]"));
  }

  const std::vector<int32_t> target_;
  const size_t element_;
};

PreparedOp Prepare(const PrepareContext& context) {
  std::vector<int32_t> target = context.options<ReshapeOptions>().new_shape;
  const TensorDef* shape = context.input(1);
  if (shape != nullptr) {
    OCTET_ASSIGN_OR_RETURN(target, ConstantInts(*shape));
  }
  // Old converters wrote [0] for a scalar.
  if (target.size() == 1 && target[0] == 0 && context.input(0)->shape.num_elements() == 1) {
    target.clear();
  }
  return std::make_unique<Reshape>(std::move(target), DataTypeSize(context.output(0).type));
}

}  // namespace

OpRowList ReshapeRows() {
  OpRowList rows;
  for (DataType type : {DataType::kInt8, DataType::kFloat32, DataType::kUint8, DataType::kInt16,
                        DataType::kInt32, DataType::kInt64, DataType::kBool}) {
    rows.push_back({BuiltinOp::kReshape,
                    1,
                    2,
                    {{type}, {DataType::kInt32, /*optional=*/true}},
                    {{type}},
                    &Prepare});
  }
  return rows;
}

}  // namespace octet::ops
