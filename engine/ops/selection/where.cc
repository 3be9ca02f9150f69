// WHERE with one input: the coordinates of all elements that are not zero, in their order.
#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/selection/rows.h"

namespace octet::ops {
namespace {

template <typename T>
class Where final : public Op {
 public:
  ShapeSource shape_source() const override { return ShapeSource::kRun; }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    return absl::FailedPreconditionError("it lists the elements of all rows together");
  }

  absl::Status RunAllocating(const RunContext& context, OutputAllocator& outputs) const override {
    const Shape& shape = context.input_shapes[0];
    const T* in = context.in<T>(0);
    const int64_t elements = shape.num_elements();
    const int64_t found = std::count_if(in, in + elements, [](T value) { return value != T{0}; });
    if (found > std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(absl::StrCat(found, " elements are not zero"));
    }
    OCTET_ASSIGN_OR_RETURN(const Shape output,
                           Shape::Create({static_cast<int32_t>(found), shape.rank()}));
    OCTET_ASSIGN_OR_RETURN(void* const memory, outputs.Allocate(0, output));
    auto* out = static_cast<int64_t*>(memory);
    for (int64_t i = 0; i < elements; ++i) {
      if (in[i] == T{0}) continue;
      int64_t rest = i;
      for (int d = shape.rank() - 1; d >= 0; --d) {
        out[d] = rest % shape.dim(d);
        rest /= shape.dim(d);
      }
      out += shape.rank();
    }
    return absl::OkStatus();
  }
};

template <typename T>
OpRow Row(DataType type) {
  constexpr auto kPrepare = [](const PrepareContext& context) -> PreparedOp {
    if (context.input(0)->shape.rank() == 0) {
      return absl::UnimplementedError("a scalar has no coordinates");
    }
    return std::make_unique<Where<T>>();
  };
  return {BuiltinOp::kWhere, 1, 2, {{type}}, {{DataType::kInt64}}, kPrepare};
}

}  // namespace

OpRowList WhereRows() {
  return {Row<float>(DataType::kFloat32),  Row<int8_t>(DataType::kInt8),
          Row<uint8_t>(DataType::kUint8),  Row<int32_t>(DataType::kInt32),
          Row<int64_t>(DataType::kInt64),  Row<uint8_t>(DataType::kBool),
          Row<uint32_t>(DataType::kUint32)};
}

}  // namespace octet::ops
