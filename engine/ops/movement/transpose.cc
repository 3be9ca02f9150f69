// TRANSPOSE: dimensions in another order.
#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"

namespace octet::ops {
namespace {

class Transpose final : public Op {
 public:
  // Output dimension i is input dimension `order[i]`.
  Transpose(std::vector<int> order, size_t element) : order_(std::move(order)), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    if (static_cast<size_t>(inputs[0].rank()) != order_.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a permutation of ", order_.size(), " dimensions for shape ", inputs[0].ToString()));
    }
    std::vector<int32_t> dims;
    for (int axis : order_) dims.push_back(inputs[0].dim(axis));
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if (!order_.empty() && order_[0] == 0) return absl::OkStatus();
    return absl::FailedPreconditionError("it moves dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    switch (element_) {
      case 1:
        Move<uint8_t>(context);
        break;
      case 2:
        Move<uint16_t>(context);
        break;
      case 4:
        Move<uint32_t>(context);
        break;
      default:
        Move<uint64_t>(context);
        break;
    }
    return absl::OkStatus();
  }

 private:
  template <typename T>
  void Move(const RunContext& context) const {
    const Shape& input = context.input_shapes[0];
    const Shape& output = context.output_shapes[0];
    const auto* in = context.in<T>(0);
    auto* out = context.out<T>(0);
    const int rank = output.rank();
    if (output.num_elements() == 0) return;
    if (rank == 0) {
      out[0] = in[0];
      return;
    }
    std::array<int64_t, Shape::kMaxRank> stride{};
    for (int i = 0; i < rank; ++i) stride[i] = input.InnerElements(order_[i] + 1);
    std::array<int32_t, Shape::kMaxRank> index{};
    const int32_t inner = output.dim(rank - 1);
    const int64_t inner_stride = stride[rank - 1];
    int64_t at = 0;
    for (int64_t done = 0; done < output.num_elements(); done += inner) {
      for (int32_t i = 0; i < inner; ++i) out[done + i] = in[at + i * inner_stride];
      for (int axis = rank - 2; axis >= 0; --axis) {
        at += stride[axis];
        if (++index[axis] < output.dim(axis)) break;
        at -= stride[axis] * index[axis];
        index[axis] = 0;
      }
    }
  }

  const std::vector<int> order_;
  const size_t element_;
};

PreparedOp Prepare(const PrepareContext& context) {
  const int rank = context.input(0)->shape.rank();
  OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> given, ConstantInts(*context.input(1)));
  std::vector<int> order;
  uint32_t seen = 0;
  for (int32_t axis : given) {
    OCTET_ASSIGN_OR_RETURN(const int normal, NormalizeAxis(axis, rank));
    order.push_back(normal);
    seen |= 1u << normal;
  }
  if (static_cast<int>(order.size()) != rank || seen != (1u << rank) - 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", context.input(1)->name, "' is no permutation of ", rank, " dimensions"));
  }
  return std::make_unique<Transpose>(std::move(order), DataTypeSize(context.output(0).type));
}

}  // namespace

OpRowList TransposeRows() {
  OpRowList rows;
  for (DataType type : {DataType::kInt8, DataType::kFloat32, DataType::kUint8, DataType::kInt16,
                        DataType::kInt32, DataType::kInt64, DataType::kBool}) {
    rows.push_back({BuiltinOp::kTranspose, 1, 6, {{type}, {DataType::kInt32}}, {{type}}, &Prepare});
  }
  return rows;
}

}  // namespace octet::ops
