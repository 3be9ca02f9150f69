// CUMSUM: sums of all elements up to each one, along an axis.
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/reduction/rows.h"

namespace octet::ops {
namespace {

// Integers wrap; floats are summed in the order of their positions.
template <typename T>
T Plus(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using Bits = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Bits>(a) + static_cast<Bits>(b));
  } else {
    return a + b;
  }
}

template <typename T>
class Cumsum final : public Op {
 public:
  // `axis` from the front.
  Cumsum(const CumsumOptions& options, int axis) : options_(options), axis_(axis) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    if (axis_ < inputs[0].rank()) return Shapes{inputs[0]};
    return absl::InvalidArgumentError(
        absl::StrCat("axis ", axis_, " of shape ", inputs[0].ToString()));
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if (axis_ != 0) return absl::OkStatus();
    return absl::FailedPreconditionError("it sums along dimension 0");
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& shape = context.input_shapes[0];
    const int64_t inner = shape.InnerElements(axis_ + 1);
    const int64_t length = shape.dim(axis_);
    const int64_t lines = shape.num_elements() == 0 ? 0 : shape.num_elements() / length;
    for (int64_t line = 0; line < lines; ++line) {
      int64_t at = line / inner * inner * length + line % inner;
      int64_t step = inner;
      if (options_.reverse) {
        at += (length - 1) * inner;
        step = -inner;
      }
      T sum{};
      for (int64_t i = 0; i < length; ++i, at += step) {
        const T value = context.in<T>(0)[at];
        if (options_.exclusive) context.out<T>(0)[at] = sum;
        sum = Plus(sum, value);
        if (!options_.exclusive) context.out<T>(0)[at] = sum;
      }
    }
    return absl::OkStatus();
  }

 private:
  const CumsumOptions options_;
  const int axis_;
};

template <typename T>
PreparedOp Prepare(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> axes, ConstantInts(*context.input(1)));
  if (axes.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat(axes.size(), " axes; one is needed"));
  }
  OCTET_ASSIGN_OR_RETURN(const int axis, NormalizeAxis(axes[0], context.input(0)->shape.rank()));
  return std::make_unique<Cumsum<T>>(context.options<CumsumOptions>(), axis);
}

}  // namespace

OpRowList CumsumRows() {
  const auto row = [](DataType type, PrepareFunction prepare) {
    return OpRow{BuiltinOp::kCumsum, 1, 1, {{type}, {DataType::kInt32}}, {{type}}, prepare};
  };
  return {row(DataType::kFloat32, &Prepare<float>), row(DataType::kInt32, &Prepare<int32_t>),
          row(DataType::kInt64, &Prepare<int64_t>)};
}

}  // namespace octet::ops
