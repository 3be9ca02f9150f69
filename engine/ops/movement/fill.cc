// FILL, RANGE, ONE_HOT and BROADCAST_ARGS: tensors that values describe.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

absl::Status CheckScalar(const Shape& shape, absl::string_view what) {
  if (shape.rank() <= 1 && shape.num_elements() == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " has shape ", shape.ToString(), "; one element is needed"));
}

absl::Status NoRows() {
  return absl::FailedPreconditionError("values, not rows, say what its output is");
}

// `count` copies of one element of `element` bytes.
void Repeat(const void* value, size_t element, int64_t count, std::byte* out) {
  for (int64_t i = 0; i < count; ++i) std::memcpy(out + i * element, value, element);
}

class Fill final : public Op {
 public:
  Fill(DataType index, size_t element) : index_(index), element_(element) {}

  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b1; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    if (inputs[0].rank() != 1 || inputs[0].dim(0) > Shape::kMaxRank) {
      return absl::InvalidArgumentError(
          absl::StrCat("a shape's tensor has shape ", inputs[0].ToString()));
    }
    OCTET_RETURN_IF_ERROR(CheckScalar(inputs[1], "the value"));
    const SmallInts dims(index_, values[0], inputs[0].dim(0));
    absl::InlinedVector<int64_t, Shape::kMaxRank> sizes;
    for (int i = 0; i < dims.size(); ++i) sizes.push_back(dims[i]);
    return OneShape(sizes);
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return NoRows();
  }

  absl::Status Run(const RunContext& context) const override {
    Repeat(context.inputs[1], element_, context.output_shapes[0].num_elements(),
           context.out<std::byte>(0));
    return absl::OkStatus();
  }

 private:
  const DataType index_;
  const size_t element_;
};

// start, start + delta, ... before limit.
template <typename T>
class Range final : public Op {
 public:
  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b111; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    for (const Shape& shape : inputs) OCTET_RETURN_IF_ERROR(CheckScalar(shape, "a bound"));
    const T start = *static_cast<const T*>(values[0]);
    const T limit = *static_cast<const T*>(values[1]);
    const T delta = *static_cast<const T*>(values[2]);
    const bool towards = (delta > 0 && limit >= start) || (delta < 0 && limit <= start);
    const double count = towards ? Count(start, limit, delta) : -1;
    if (!(count >= 0 && count <= std::numeric_limits<int32_t>::max())) {
      return absl::InvalidArgumentError(
          absl::StrCat("from ", start, " to ", limit, " by ", delta, " is no range"));
    }
    const int64_t sizes[] = {static_cast<int64_t>(count)};
    return OneShape(sizes);
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return NoRows();
  }

  absl::Status Run(const RunContext& context) const override {
    const T delta = *context.in<T>(2);
    T value = *context.in<T>(0);
    const int64_t count = context.output_shapes[0].num_elements();
    for (int64_t i = 0; i < count; ++i) {
      context.out<T>(0)[i] = value;
      if (i + 1 < count) value += delta;  // the step past the end may overflow
    }
    return absl::OkStatus();
  }

 private:
  static double Count(T start, T limit, T delta) {
    if constexpr (std::is_floating_point_v<T>) {
      return std::ceil(std::abs((limit - start) / delta));
    } else {
      // Distances of two int64 numbers need 64 bits without a sign.
      const auto distance =
          limit > start ? uint64_t(limit) - uint64_t(start) : uint64_t(start) - uint64_t(limit);
      const auto step = delta > 0 ? uint64_t(delta) : uint64_t{0} - uint64_t(delta);
      return static_cast<double>(distance / step + (distance % step != 0 ? 1 : 0));
    }
  }
};

template <typename Index>
class OneHot final : public Op {
 public:
  OneHot(int axis, size_t element) : axis_(axis), element_(element) {}

  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b10; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    for (int i = 1; i < 4; ++i) OCTET_RETURN_IF_ERROR(CheckScalar(inputs[i], "a parameter"));
    const Shape& indices = inputs[0];
    if (axis_ > indices.rank()) {
      return absl::InvalidArgumentError(
          absl::StrCat("axis ", axis_, " of indices of shape ", indices.ToString()));
    }
    absl::InlinedVector<int64_t, Shape::kMaxRank> sizes(indices.dims().begin(),
                                                        indices.dims().end());
    sizes.insert(sizes.begin() + AxisOf(indices), *static_cast<const int32_t*>(values[1]));
    return OneShape(sizes);
  }

  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    const bool parameters = has_rows[1] || has_rows[2] || has_rows[3];
    if (!parameters && AxisOf(inputs[0]) > 0) return absl::OkStatus();
    return NoRows();
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& indices = context.input_shapes[0];
    const int64_t depth = *context.in<int32_t>(1);
    const int axis = AxisOf(indices);
    const int64_t outer = indices.OuterElements(axis);
    const int64_t inner = indices.InnerElements(axis);
    const Index* index = context.in<Index>(0);
    auto* out = context.out<std::byte>(0);
    Repeat(context.inputs[3], element_, outer * depth * inner, out);
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i) {
        const Index hot = index[o * inner + i];
        if (hot < 0 || hot >= depth) continue;
        std::memcpy(out + ((o * depth + hot) * inner + i) * element_, context.inputs[2], element_);
      }
    }
    return absl::OkStatus();
  }

 private:
  int AxisOf(const Shape& indices) const { return axis_ < 0 ? indices.rank() : axis_; }

  const int axis_;  // -1: the last
  const size_t element_;
};

// The shape to which two shapes can both be broadcast.
template <typename T>
class BroadcastArgs final : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_RETURN_IF_ERROR(CheckShapeRank(inputs[0], 1, "a shape's tensor"));
    OCTET_RETURN_IF_ERROR(CheckShapeRank(inputs[1], 1, "a shape's tensor"));
    return Shapes{inputs[inputs[0].dim(0) >= inputs[1].dim(0) ? 0 : 1]};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return NoRows();
  }

  absl::Status Run(const RunContext& context) const override {
    const int32_t rank = context.output_shapes[0].dim(0);
    for (int32_t i = 0; i < rank; ++i) {
      T sizes[2];
      for (int side = 0; side < 2; ++side) {
        const int32_t from = i - (rank - context.input_shapes[side].dim(0));
        sizes[side] = from < 0 ? 1 : context.in<T>(side)[from];
      }
      if (sizes[0] != sizes[1] && sizes[0] != 1 && sizes[1] != 1) {
        return absl::InvalidArgumentError(absl::StrCat("dimensions of ", sizes[0], " and ",
                                                       sizes[1], " cannot be broadcast together"));
      }
      context.out<T>(0)[i] = sizes[0] == 1 ? sizes[1] : sizes[0];
    }
    return absl::OkStatus();
  }
};

PreparedOp PrepareFill(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(1), context.output(0)));
  return std::make_unique<Fill>(context.input(0)->type, DataTypeSize(context.output(0).type));
}

template <typename T>
PreparedOp PrepareRange(const PrepareContext&) {
  return std::make_unique<Range<T>>();
}

template <typename Index>
PreparedOp PrepareOneHot(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(2), context.output(0)));
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(3), context.output(0)));
  const int32_t axis = context.options<AxisOptions>().axis;
  if (axis < -1) return absl::InvalidArgumentError(absl::StrCat("axis ", axis));
  return std::make_unique<OneHot<Index>>(axis, DataTypeSize(context.output(0).type));
}

template <typename T>
PreparedOp PrepareBroadcastArgs(const PrepareContext&) {
  return std::make_unique<BroadcastArgs<T>>();
}

OpRow OneHotRow(DataType index, DataType type, PrepareFunction prepare) {
  return {BuiltinOp::kOneHot, 1,      1, {{index}, {DataType::kInt32}, {type}, {type}},
          {{type}},           prepare};
}

OpRow SameRow(BuiltinOp op, DataType type, int inputs, PrepareFunction prepare) {
  return {op,       1,      op == BuiltinOp::kRange ? 2 : 1, std::vector<TypeSlot>(inputs, {type}),
          {{type}}, prepare};
}

}  // namespace

OpRowList FillRows() {
  OpRowList rows = {
      SameRow(BuiltinOp::kRange, DataType::kInt32, 3, &PrepareRange<int32_t>),
      SameRow(BuiltinOp::kRange, DataType::kInt64, 3, &PrepareRange<int64_t>),
      SameRow(BuiltinOp::kRange, DataType::kFloat32, 3, &PrepareRange<float>),
      SameRow(BuiltinOp::kBroadcastArgs, DataType::kInt32, 2, &PrepareBroadcastArgs<int32_t>),
      SameRow(BuiltinOp::kBroadcastArgs, DataType::kInt64, 2, &PrepareBroadcastArgs<int64_t>),
      OneHotRow(DataType::kInt64, DataType::kFloat32, &PrepareOneHot<int64_t>)};
  for (DataType type : kMovedTypes) {
    for (DataType index : {DataType::kInt32, DataType::kInt64}) {
      rows.push_back({BuiltinOp::kFill, 1, 5, {{index}, {type}}, {{type}}, &PrepareFill});
    }
    if (type == DataType::kInt16) continue;  // LiteRT has no such ONE_HOT
    rows.push_back(OneHotRow(DataType::kInt32, type, &PrepareOneHot<int32_t>));
  }
  return rows;
}

}  // namespace octet::ops
