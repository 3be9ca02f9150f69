// SHAPE, RANK and ZEROS_LIKE: answers that follow from a shape alone.
#include <cstring>

#include "engine/base/status_macros.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

template <typename Out>
class ShapeOf final : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Shapes{Shape{inputs[0].rank()}};
  }

  bool OutputsFollowFromShapes() const override { return true; }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("it tells the number of rows");
  }

  absl::Status Run(const RunContext& context) const override {
    for (int i = 0; i < context.input_shapes[0].rank(); ++i) {
      context.out<Out>(0)[i] = context.input_shapes[0].dim(i);
    }
    return absl::OkStatus();
  }
};

class Rank final : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape>) const override {
    return OneShape({});
  }

  bool OutputsFollowFromShapes() const override { return true; }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("its answer is for all rows");
  }

  absl::Status Run(const RunContext& context) const override {
    context.out<int32_t>(0)[0] = context.input_shapes[0].rank();
    return absl::OkStatus();
  }
};

class ZerosLike final : public Op {
 public:
  explicit ZerosLike(size_t element) : element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    return Shapes{inputs[0]};
  }

  bool OutputsFollowFromShapes() const override { return true; }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::OkStatus();
  }

  absl::Status Run(const RunContext& context) const override {
    const size_t bytes = context.output_shapes[0].num_elements() * element_;
    if (bytes > 0) std::memset(context.outputs[0], 0, bytes);
    return absl::OkStatus();
  }

 private:
  const size_t element_;
};

template <typename Out>
PreparedOp PrepareShape(const PrepareContext&) {
  return std::make_unique<ShapeOf<Out>>();
}

PreparedOp PrepareRank(const PrepareContext&) { return std::make_unique<Rank>(); }

PreparedOp PrepareZerosLike(const PrepareContext& context) {
  return std::make_unique<ZerosLike>(DataTypeSize(context.output(0).type));
}

}  // namespace

OpRowList ShapeRows() {
  OpRowList rows;
  const TypeSlot int32{DataType::kInt32};
  for (DataType type : kMovedTypes) {
    rows.push_back({BuiltinOp::kShape, 1, 1, {{type}}, {int32}, &PrepareShape<int32_t>});
    rows.push_back({BuiltinOp::kRank, 1, 1, {{type}}, {int32}, &PrepareRank});
  }
  rows.push_back({BuiltinOp::kShape,
                  1,
                  1,
                  {{DataType::kFloat32}},
                  {{DataType::kInt64}},
                  &PrepareShape<int64_t>});
  for (DataType type : {DataType::kFloat32, DataType::kInt32, DataType::kInt64}) {
    rows.push_back({BuiltinOp::kZerosLike, 1, 1, {{type}}, {{type}}, &PrepareZerosLike});
  }
  return rows;
}

}  // namespace octet::ops
