// DYNAMIC_UPDATE_SLICE and SCATTER_ND: a tensor in which indices say what is replaced or added.
#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/movement/rows.h"
#include "engine/ops/movement/strided_view.h"

namespace octet::ops {
namespace {

class DynamicUpdateSlice final : public Op {
 public:
  DynamicUpdateSlice(DataType index, size_t element) : index_(index), element_(element) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    const Shape& operand = inputs[0];
    bool fits = inputs[1].rank() == operand.rank() && inputs[2] == Shape{operand.rank()};
    for (int i = 0; fits && i < operand.rank(); ++i) fits = inputs[1].dim(i) <= operand.dim(i);
    if (!fits) {
      return absl::InvalidArgumentError(absl::StrCat("an update of shape ", inputs[1].ToString(),
                                                     " at indices of shape ", inputs[2].ToString(),
                                                     " for shape ", operand.ToString()));
    }
    return Shapes{operand};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("an index says which rows it replaces");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& shape = context.output_shapes[0];
    const Shape& update = context.input_shapes[1];
    auto* out = context.out<std::byte>(0);
    std::memcpy(out, context.inputs[0], shape.num_elements() * element_);
    if (update.num_elements() == 0) return absl::OkStatus();
    const int rank = shape.rank();
    const SmallInts given(index_, context.inputs[2], rank);
    // The start is moved so that the update fits.
    std::array<int64_t, Shape::kMaxRank> start{};
    for (int i = 0; i < rank; ++i) {
      start[i] = std::clamp<int64_t>(given[i], 0, shape.dim(i) - update.dim(i));
    }
    const int64_t run = rank == 0 ? 1 : update.dim(rank - 1);
    std::array<int32_t, Shape::kMaxRank> index{};
    for (int64_t done = 0; done < update.num_elements(); done += run) {
      int64_t at = 0;
      for (int i = 0; i < rank; ++i) at = at * shape.dim(i) + start[i] + index[i];
      std::memcpy(out + at * element_, context.in<std::byte>(1) + done * element_, run * element_);
      for (int axis = rank - 2; axis >= 0 && ++index[axis] == update.dim(axis); --axis) {
        index[axis] = 0;
      }
    }
    return absl::OkStatus();
  }

 private:
  const DataType index_;
  const size_t element_;
};

// Zeros, to which updates are added where their indices say; integers wrap.
template <typename T>
class ScatterNd final : public Op {
 public:
  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b100; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const Shape& indices = inputs[0];
    if (inputs[2].rank() != 1 || inputs[2].dim(0) > Shape::kMaxRank || indices.rank() < 1) {
      return absl::InvalidArgumentError(absl::StrCat("indices of shape ", indices.ToString(),
                                                     " for a shape's tensor of shape ",
                                                     inputs[2].ToString()));
    }
    const SmallInts dims(DataType::kInt32, values[2], inputs[2].dim(0));
    absl::InlinedVector<int64_t, Shape::kMaxRank> sizes;
    for (int i = 0; i < dims.size(); ++i) sizes.push_back(dims[i]);
    OCTET_ASSIGN_OR_RETURN(Shapes output, OneShape(sizes));
    // Updates: one part of the output for each index.
    const int depth = indices.dim(indices.rank() - 1);
    bool fits = depth <= output[0].rank();
    if (fits) {
      std::vector<int32_t> part(indices.dims().begin(), indices.dims().end() - 1);
      part.insert(part.end(), output[0].dims().begin() + depth, output[0].dims().end());
      fits = absl::MakeConstSpan(part) == inputs[1].dims();
    }
    if (!fits) {
      return absl::InvalidArgumentError(absl::StrCat("updates of shape ", inputs[1].ToString(),
                                                     " at indices of shape ", indices.ToString(),
                                                     " for shape ", output[0].ToString()));
    }
    return output;
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("indices say where its rows go");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& shape = context.output_shapes[0];
    const Shape& indices = context.input_shapes[0];
    const int depth = indices.dim(indices.rank() - 1);
    const int64_t count = indices.OuterElements(indices.rank() - 1);
    const int64_t run = shape.InnerElements(depth);
    const auto* index = context.in<int32_t>(0);
    const T* update = context.in<T>(1);
    T* out = context.out<T>(0);
    std::fill_n(out, shape.num_elements(), T{});
    for (int64_t i = 0; i < count; ++i, index += depth, update += run) {
      int64_t at = 0;
      for (int d = 0; d < depth; ++d) {
        if (index[d] < 0 || index[d] >= shape.dim(d)) {
          return absl::InvalidArgumentError(absl::StrCat(
              "index ", index[d], " is outside of dimension ", d, " of ", shape.ToString()));
        }
        at = at * shape.dim(d) + index[d];
      }
      for (int64_t e = 0; e < run; ++e) Add(update[e], out[at * run + e]);
    }
    return absl::OkStatus();
  }

 private:
  static void Add(T value, T& sum) {
    if constexpr (std::is_same_v<T, bool>) {
      sum = sum || value;
    } else if constexpr (std::is_integral_v<T>) {
      using Bits = std::make_unsigned_t<T>;
      sum = static_cast<T>(static_cast<Bits>(sum) + static_cast<Bits>(value));
    } else {
      sum += value;
    }
  }
};

PreparedOp PrepareUpdate(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(0), context.output(0)));
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(1), context.output(0)));
  return std::make_unique<DynamicUpdateSlice>(context.input(2)->type,
                                              DataTypeSize(context.output(0).type));
}

template <typename T>
PreparedOp PrepareScatter(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckCopies(*context.input(1), context.output(0)));
  return std::make_unique<ScatterNd<T>>();
}

OpRow ScatterRow(DataType type, PrepareFunction prepare) {
  constexpr TypeSlot kIndex{DataType::kInt32};
  return {BuiltinOp::kScatterNd, 1, 1, {kIndex, {type}, kIndex}, {{type}}, prepare};
}

OpRow UpdateRow(DataType type, DataType index) {
  return {BuiltinOp::kDynamicUpdateSlice, 1,        6,
          {{type}, {type}, {index}},      {{type}}, &PrepareUpdate};
}

}  // namespace

OpRowList UpdateRows() {
  OpRowList rows = {ScatterRow(DataType::kFloat32, &PrepareScatter<float>),
                    ScatterRow(DataType::kInt8, &PrepareScatter<int8_t>),
                    ScatterRow(DataType::kUint8, &PrepareScatter<uint8_t>),
                    ScatterRow(DataType::kInt32, &PrepareScatter<int32_t>),
                    ScatterRow(DataType::kInt64, &PrepareScatter<int64_t>),
                    ScatterRow(DataType::kBool, &PrepareScatter<bool>),
                    UpdateRow(DataType::kFloat32, DataType::kInt64)};
  for (DataType type : kMovedTypes) rows.push_back(UpdateRow(type, DataType::kInt32));
  return rows;
}

}  // namespace octet::ops
