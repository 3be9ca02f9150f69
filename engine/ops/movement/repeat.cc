// REVERSE_V2, TILE and BROADCAST_TO: the same elements backwards or several times.
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class Reverse final : public Op {
 public:
  // `axes`: bit i for dimension i.
  Reverse(uint32_t axes, size_t element) : axes_(axes), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Shapes{inputs[0]};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if ((axes_ & 1u) == 0) return absl::OkStatus();
    return absl::FailedPreconditionError("it reverses dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    StridedView view;
    for (int i = 0; i < input.rank(); ++i) {
      const int64_t stride = input.InnerElements(i + 1);
      const bool backwards = (axes_ >> i & 1u) != 0;
      if (backwards) view.offset += (input.dim(i) - 1) * stride;
      view.Add(input.dim(i), backwards ? -stride : stride);
    }
    CopyView(view, element_, context.inputs[0], context.outputs[0]);
    return absl::OkStatus();
  }

 private:
  const uint32_t axes_;
  const size_t element_;
};

// What TILE and BROADCAST_TO share: input 1 is a vector of numbers for the output's dimensions.
class Repeat : public Op {
 public:
  Repeat(DataType index, size_t element, bool whole_rows)
      : index_(index), element_(element), whole_rows_(whole_rows) {}

  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b10; }

  absl::Status CheckRowsApart(absl::Span<const Shape>,
                              absl::Span<const bool> has_rows) const override {
    if (has_rows[1]) return absl::FailedPreconditionError("rows say how often it repeats");
    if (whole_rows_) return absl::OkStatus();
    return absl::FailedPreconditionError("it repeats dimension 0");
  }

 protected:
  const DataType index_;
  const size_t element_;
  const bool whole_rows_;
};

class Tile final : public Repeat {
 public:
  using Repeat::Repeat;

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const int rank = inputs[0].rank();
    if (inputs[1] != Shape{rank}) {
      return absl::InvalidArgumentError(absl::StrCat("multiples of shape ", inputs[1].ToString(),
                                                     " for shape ", inputs[0].ToString()));
    }
    const SmallInts times(index_, values[1], rank);
    absl::InlinedVector<int64_t, Shape::kMaxRank> sizes;
    for (int i = 0; i < rank; ++i) {
      if (times[i] < 0 || times[i] > std::numeric_limits<int32_t>::max()) {
        return absl::InvalidArgumentError(absl::StrCat("multiple ", times[i]));
      }
      sizes.push_back(times[i] * inputs[0].dim(i));
    }
    return OneShape(sizes);
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const SmallInts times(index_, context.inputs[1], input.rank());
    StridedView view;
    for (int i = 0; i < input.rank(); ++i) {
      view.Add(times[i], 0);
      view.Add(input.dim(i), input.InnerElements(i + 1));
    }
    CopyView(view, element_, context.inputs[0], context.outputs[0]);
    return absl::OkStatus();
  }
};

class BroadcastTo final : public Repeat {
 public:
  using Repeat::Repeat;

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const Shape& input = inputs[0];
    bool fits = inputs[1].rank() == 1 && inputs[1].dim(0) >= input.rank() &&
                inputs[1].dim(0) <= Shape::kMaxRank;
    if (!fits) return Mismatch(input);
    const SmallInts target(index_, values[1], inputs[1].dim(0));
    absl::InlinedVector<int64_t, Shape::kMaxRank> sizes;
    for (int i = 0; i < target.size(); ++i) {
      const int from = i - (target.size() - input.rank());
      fits = fits && (from < 0 || input.dim(from) == 1 || input.dim(from) == target[i]);
      sizes.push_back(target[i]);
    }
    if (!fits) return Mismatch(input);
    return OneShape(sizes);
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Shape& output = context.output_shapes[0];
    StridedView view;
    for (int i = 0; i < output.rank(); ++i) {
      const int from = i - (output.rank() - input.rank());
      const bool repeats = from < 0 || input.dim(from) == 1;
      view.Add(output.dim(i), repeats ? 0 : input.InnerElements(from + 1));
    }
    CopyView(view, element_, context.inputs[0], context.outputs[0]);
    return absl::OkStatus();
  }

 private:
  static absl::Status Mismatch(const Shape& input) {
    return absl::InvalidArgumentError(
        absl::StrCat("shape ", input.ToString(), " cannot be broadcast to the shape asked for"));
  }
};

PreparedOp PrepareReverse(const PrepareContext& context) {
  const TensorDef& input = *context.input(0);
  OCTET_RETURN_IF_ERROR(CheckCopies(input, context.output(0)));
  OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> given, ConstantInts(*context.input(1)));
  uint32_t axes = 0;
  for (int32_t axis : given) {
    OCTET_ASSIGN_OR_RETURN(const int normal, NormalizeAxis(axis, input.shape.rank()));
    if ((axes >> normal & 1u) != 0) {
      return absl::InvalidArgumentError(absl::StrCat("axis ", axis, " twice"));
    }
    axes |= 1u << normal;
  }
  return std::make_unique<Reverse>(axes, DataTypeSize(input.type));
}

PreparedOp PrepareTile(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), context.output(0)));
  bool whole_rows = false;
  if (context.input(1)->is_constant) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> times, ConstantInts(*context.input(1)));
    whole_rows = !times.empty() && times[0] == 1;
  }
  return std::make_unique<Tile>(context.input(1)->type, DataTypeSize(context.output(0).type),
                                whole_rows);
}

// A constant target holds the number of rows, so it serves one alone.
PreparedOp PrepareBroadcastTo(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), context.output(0)));
  return std::make_unique<BroadcastTo>(context.input(1)->type, DataTypeSize(context.output(0).type),
                                       /*whole_rows=*/false);
}

}  // namespace

OpRowList RepeatRows() {
  OpRowList rows;
  for (DataType type : kMovedTypes) {
    rows.push_back(
        {BuiltinOp::kReverseV2, 1, 4, {{type}, {DataType::kInt32}}, {{type}}, &PrepareReverse});
    for (DataType index : {DataType::kInt32, DataType::kInt64}) {
      rows.push_back({BuiltinOp::kTile, 1, 3, {{type}, {index}}, {{type}}, &PrepareTile});
      rows.push_back(
          {BuiltinOp::kBroadcastTo, 2, 4, {{type}, {index}}, {{type}}, &PrepareBroadcastTo});
    }
  }
  return rows;
}

}  // namespace octet::ops
