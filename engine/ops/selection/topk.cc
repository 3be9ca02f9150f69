// TOPK_V2: the k largest elements of each row of the last dimension, largest first, and where they
// stand. Equal elements come in the order of their indices; NaNs come last.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/selection/rows.h"

namespace octet::ops {
namespace {

template <typename T>
bool IsGreater(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a > b || (std::isnan(b) && !std::isnan(a));
  } else {
    return a > b;
  }
}

template <typename T>
class TopK final : public Op {
 public:
  ShapeSource shape_source() const override { return ShapeSource::kValues; }
  uint32_t ValueInputs() const override { return 0b10; }

  absl::StatusOr<Shapes> InferShapesFromValues(
      absl::Span<const Shape> inputs, absl::Span<const void* const> values) const override {
    const Shape& input = inputs[0];
    if (inputs[1].num_elements() != 1 || input.rank() == 0) {
      return absl::InvalidArgumentError(absl::StrCat("k of shape ", inputs[1].ToString(),
                                                     " for an input of shape ", input.ToString()));
    }
    const int32_t k = *static_cast<const int32_t*>(values[1]);
    const int last = input.rank() - 1;
    if (k < 0 || k > input.dim(last)) {
      return absl::InvalidArgumentError(
          absl::StrCat("k ", k, " of rows of ", input.dim(last), " elements"));
    }
    std::vector<int32_t> dims(input.dims().begin(), input.dims().end());
    dims[last] = k;
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{output, output};
  }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return inputs[0].dim(inputs[0].rank() - 1) * sizeof(int32_t);
  }

  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override {
    if (has_rows[1]) return absl::FailedPreconditionError("rows say how many it takes");
    if (inputs[0].rank() >= 2) return absl::OkStatus();
    return absl::FailedPreconditionError("it sorts dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const int32_t size = input.dim(input.rank() - 1);
    const int32_t k = context.output_shapes[0].dim(input.rank() - 1);
    if (k == 0) return absl::OkStatus();
    const int64_t rows = input.OuterElements(input.rank() - 1);
    auto* order = reinterpret_cast<int32_t*>(context.scratch);
    const T* in = context.in<T>(0);
    T* values = context.out<T>(0);
    int32_t* indices = context.out<int32_t>(1);
    for (int64_t row = 0; row < rows; ++row, in += size, values += k, indices += k) {
      std::iota(order, order + size, 0);
      std::partial_sort(order, order + k, order + size, [in](int32_t a, int32_t b) {
        if (IsGreater(in[a], in[b])) return true;
        return !IsGreater(in[b], in[a]) && a < b;
      });
      for (int32_t i = 0; i < k; ++i) {
        values[i] = in[order[i]];
        indices[i] = order[i];
      }
    }
    return absl::OkStatus();
  }
};

template <typename T>
OpRow Row(DataType type) {
  constexpr auto kPrepare = [](const PrepareContext&) -> PreparedOp {
    return std::make_unique<TopK<T>>();
  };
  return {BuiltinOp::kTopkV2,           1,       3, {{type}, {DataType::kInt32}},
          {{type}, {DataType::kInt32}}, kPrepare};
}

}  // namespace

OpRowList TopKRows() {
  return {Row<float>(DataType::kFloat32), Row<int8_t>(DataType::kInt8),
          Row<uint8_t>(DataType::kUint8), Row<int16_t>(DataType::kInt16),
          Row<int32_t>(DataType::kInt32), Row<int64_t>(DataType::kInt64)};
}

}  // namespace octet::ops
