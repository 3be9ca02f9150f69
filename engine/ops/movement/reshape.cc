// RESHAPE: the same elements under another shape.
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/same_elements.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

absl::Status Mismatch(const Shape& input, absl::Span<const int32_t> target) {
  return absl::InvalidArgumentError(absl::StrCat("shape ", input.ToString(), " cannot become [",
                                                 absl::StrJoin(target, ","), "]"));
}

// A target without -1 may have been exported for one row of a batch (`grows`): an input that holds
// several times its elements multiplies its first dimension.
absl::StatusOr<Shapes> Fit(const Shape& input, absl::Span<const int32_t> target, bool grows) {
  const int64_t elements = input.num_elements();
  absl::InlinedVector<int32_t, Shape::kMaxRank> dims(target.begin(), target.end());
  int64_t known = 1;
  int open = -1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == -1 && open < 0) {
      open = static_cast<int>(i);
    } else if (dims[i] < 0 || !CheckedMul(known, int64_t{dims[i]}, &known)) {
      return Mismatch(input, target);
    }
  }
  int64_t factor = 1;
  if (known == 0) {
    if (elements != 0 || open >= 0) return Mismatch(input, target);
  } else {
    factor = elements / known;
    if (factor * known != elements) return Mismatch(input, target);
  }
  if (open >= 0) {
    if (factor > std::numeric_limits<int32_t>::max()) return Mismatch(input, target);
    dims[open] = static_cast<int32_t>(factor);
  } else if (factor != 1) {
    if (!grows || dims.empty() || elements == 0 ||
        dims[0] * factor > std::numeric_limits<int32_t>::max()) {
      return Mismatch(input, target);
    }
    dims[0] = static_cast<int32_t>(dims[0] * factor);
  }
  OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
  if (output.num_elements() != elements) return Mismatch(input, target);
  return Shapes{std::move(output)};
}

class Reshape final : public Op {
 public:
  Reshape(std::vector<int32_t> target, size_t element)
      : target_(std::move(target)), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Fit(inputs[0], target_, /*grows=*/true);
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

  uint32_t InPlaceInputs() const override { return 0b1; }
  absl::Status Run(const RunContext& context) const override {
    CopyElements(context, element_);
    return absl::OkStatus();
  }

 private:
  const std::vector<int32_t> target_;
  const size_t element_;
};

// The shape is an input whose values may change.
class ReshapeAsTold final : public Op {
 public:
  explicit ReshapeAsTold(size_t element) : element_(element) {}

  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b10; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    if (inputs[1].rank() != 1 || inputs[1].dim(0) > Shape::kMaxRank) {
      return absl::InvalidArgumentError(absl::StrCat("shape ", inputs[1].ToString(),
                                                     " of a shape; a vector of at most ",
                                                     Shape::kMaxRank, " sizes is needed"));
    }
    const auto* sizes = static_cast<const int32_t*>(values[1]);
    return Fit(inputs[0], absl::MakeConstSpan(sizes, inputs[1].dim(0)), /*grows=*/false);
  }

  // Elements keep their order, and plans for several rows ask for the shapes that they have.
  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (!has_rows[1]) return absl::OkStatus();
    return absl::FailedPreconditionError("rows say what shape it gives");
  }

  uint32_t InPlaceInputs() const override { return 0b1; }
  absl::Status Run(const RunContext& context) const override {
    CopyElements(context, element_);
    return absl::OkStatus();
  }

 private:
  const size_t element_;
};

PreparedOp Prepare(const PrepareContext& context) {
  std::vector<int32_t> target = context.options<ReshapeOptions>().new_shape;
  const TensorDef* shape = context.input(1);
  if (shape != nullptr && !shape->is_constant) {
    return std::make_unique<ReshapeAsTold>(DataTypeSize(context.output(0).type));
  }
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
  for (DataType type : kMovedTypes) {
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
