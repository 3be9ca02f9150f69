// REDUCE_MAX, REDUCE_MIN, REDUCE_PROD, REDUCE_ANY, REDUCE_ALL. NUMERICS.md, "Other reductions".
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/reduction/reducer.h"
#include "engine/ops/reduction/rows.h"

namespace octet::ops {
namespace {

template <typename T>
struct Max {
  using Value = T;
  static constexpr T kStart = std::numeric_limits<T>::has_infinity
                                  ? -std::numeric_limits<T>::infinity()
                                  : std::numeric_limits<T>::lowest();
  static void Take(T& total, T v) { total = std::max(total, v); }
};

template <typename T>
struct Min {
  using Value = T;
  static constexpr T kStart = std::numeric_limits<T>::has_infinity
                                  ? std::numeric_limits<T>::infinity()
                                  : std::numeric_limits<T>::max();
  static void Take(T& total, T v) { total = std::min(total, v); }
};

// Products of integers wrap.
template <typename T>
struct Product {
  using Value = T;
  static constexpr T kStart = 1;
  static void Take(T& total, T v) {
    if constexpr (std::is_integral_v<T>) {
      total = static_cast<T>(static_cast<uint64_t>(total) * static_cast<uint64_t>(v));
    } else {
      total *= v;
    }
  }
};

// BOOL: any byte but 0 is true.
struct Any {
  using Value = uint8_t;
  static constexpr uint8_t kStart = 0;
  static void Take(uint8_t& total, uint8_t v) { total |= static_cast<uint8_t>(v != 0); }
};
struct All {
  using Value = uint8_t;
  static constexpr uint8_t kStart = 1;
  static void Take(uint8_t& total, uint8_t v) { total &= static_cast<uint8_t>(v != 0); }
};

template <typename Kind>
class Reduce final : public Reducer {
 public:
  explicit Reduce(ReducedAxes axes) : Reducer(axes, Shape::kMaxElements) {}

  absl::Status Run(const RunContext& context) const override {
    using Value = typename Kind::Value;
    auto* out = context.out<Value>(0);
    std::fill_n(out, context.output_shapes[0].num_elements(), Value{Kind::kStart});
    Fold(context.input_shapes[0], context.in<Value>(0), out, Kind::Take);
    return absl::OkStatus();
  }
};

template <typename T>
class ProductOfCodes final : public Reducer {
 public:
  ProductOfCodes(ReducedAxes axes, const Quantization& in, const Quantization& out)
      : Reducer(axes, Shape::kMaxElements), in_(in), out_(out) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    OCTET_ASSIGN_OR_RETURN(Shapes shapes, Reducer::InferShapes(inputs));
    if (!(Ratio(Count(inputs[0])) < 16384.0)) {
      return absl::InvalidArgumentError(absl::StrCat("output scale ", out_.scale[0],
                                                     " is too small for a product of ",
                                                     Count(inputs[0]), " factors"));
    }
    return shapes;
  }

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return TotalBytes<Running>(inputs);
  }

  absl::Status Run(const RunContext& context) const override {
    const int64_t outputs = context.output_shapes[0].num_elements();
    auto* running = reinterpret_cast<Running*>(context.scratch);
    std::fill_n(running, outputs, Running{});
    const Step step(Ratio(Count(context.input_shapes[0])));
    const int32_t zero = in_.zero_point[0];
    Fold(context.input_shapes[0], context.in<T>(0), running, [&](Running& total, T code) {
      total.value = total.started ? step(int64_t{total.value} * (code - zero)) : code - zero;
      total.started = 1;
    });
    for (int64_t i = 0; i < outputs; ++i) {
      const int64_t code = int64_t{step(running[i].value)} + out_.zero_point[0];
      context.out<T>(0)[i] = static_cast<T>(
          std::clamp<int64_t>(code, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    }
    return absl::OkStatus();
  }

 private:
  struct Running {
    int32_t value = 0;
    int32_t started = 0;
  };

  // MB64; what leaves its range wraps.
  class Step {
   public:
    explicit Step(double ratio) {
      const auto m = kernels::MakeFixedPointMultiplier(ratio);
      multiplier_ = m.multiplier < 0x7FFF0000 ? (m.multiplier + (1 << 15)) >> 16 : 0x7FFF;
      shift_ = 15 - m.exponent;
    }
    int32_t operator()(int64_t x) const {
      const uint64_t product = static_cast<uint64_t>(x) * static_cast<uint64_t>(multiplier_);
      const uint64_t rounded = product + (uint64_t{1} << (shift_ - 1));
      return static_cast<int32_t>(static_cast<int64_t>(rounded) >> shift_);
    }

   private:
    int64_t multiplier_;
    int shift_;  // in [1, 46]
  };

  // Each factor takes its share of the output's scale.
  double Ratio(int64_t factors) const {
    const double share = std::pow(static_cast<double>(out_.scale[0]), 1.0 / factors);
    return static_cast<double>(in_.scale[0]) / share;
  }

  const Quantization in_;
  const Quantization out_;
};

template <typename Kind>
PreparedOp Prepare(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const ReducedAxes axes, ReadReducedAxes(context));
  return std::make_unique<Reduce<Kind>>(axes);
}

// The largest and the smallest code stand for the same numbers on both sides.
template <typename Kind>
PreparedOp PrepareExtreme(const PrepareContext& context) {
  OCTET_RETURN_IF_ERROR(CheckSameQuantization(*context.input(0), context.output(0), 1e-6f));
  return Prepare<Kind>(context);
}

template <typename T>
PreparedOp PrepareProduct(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const ReducedAxes axes, ReadReducedAxes(context));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(*context.input(0)));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(context.output(0)));
  return std::make_unique<ProductOfCodes<T>>(axes, context.input(0)->quantization,
                                             context.output(0).quantization);
}

OpRow Row(BuiltinOp op, int version, DataType type, PrepareFunction prepare) {
  return {op, 1, version, {{type}, {DataType::kInt32}}, {{type}}, prepare};
}

template <template <typename> typename Kind>
OpRowList ExtremeRows(BuiltinOp op) {
  return {
      Row(op, 3, DataType::kInt8, &PrepareExtreme<Kind<int8_t>>),
      Row(op, 3, DataType::kUint8, &PrepareExtreme<Kind<uint8_t>>),
      Row(op, 3, DataType::kInt16, &PrepareExtreme<Kind<int16_t>>),
      Row(op, 3, DataType::kInt32, &Prepare<Kind<int32_t>>),
      Row(op, 3, DataType::kInt64, &Prepare<Kind<int64_t>>),
      Row(op, 3, DataType::kFloat32, &Prepare<Kind<float>>),
  };
}

}  // namespace

OpRowList ReduceRows() {
  const OpRowList others = {
      Row(BuiltinOp::kReduceProd, 2, DataType::kInt8, &PrepareProduct<int8_t>),
      Row(BuiltinOp::kReduceProd, 2, DataType::kInt16, &PrepareProduct<int16_t>),
      Row(BuiltinOp::kReduceProd, 2, DataType::kInt32, &Prepare<Product<int32_t>>),
      Row(BuiltinOp::kReduceProd, 2, DataType::kInt64, &Prepare<Product<int64_t>>),
      Row(BuiltinOp::kReduceProd, 2, DataType::kFloat32, &Prepare<Product<float>>),
      Row(BuiltinOp::kReduceAny, 1, DataType::kBool, &Prepare<Any>),
      Row(BuiltinOp::kReduceAll, 1, DataType::kBool, &Prepare<All>),
  };
  return JoinRows(ExtremeRows<Max>(BuiltinOp::kReduceMax), ExtremeRows<Min>(BuiltinOp::kReduceMin),
                  others);
}

}  // namespace octet::ops
