// MEAN and SUM. NUMERICS.md, "MEAN" and "SUM".
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/reduction/column_sums.h"
#include "engine/ops/reduction/reducer.h"
#include "engine/ops/reduction/rows.h"

namespace octet::ops {
namespace {

// Sums of so many codes less their zero point stay inside int32.
template <typename T>
constexpr int64_t kMaxCodes = sizeof(T) == 1 ? 1 << 23 : 1 << 15;

template <typename T>
class SumPlain final : public Reducer {
 public:
  explicit SumPlain(ReducedAxes axes) : Reducer(axes, Shape::kMaxElements) {}

  absl::Status Run(const RunContext& context) const override {
    FoldSums(context.input_shapes[0], context.in<T>(0), context.output_shapes[0].num_elements(),
             context.out<T>(0));
    return absl::OkStatus();
  }
};

class MeanF32 final : public Reducer {
 public:
  explicit MeanF32(ReducedAxes axes) : Reducer(axes, Shape::kMaxElements) {}

  absl::Status Run(const RunContext& context) const override {
    const int64_t outputs = context.output_shapes[0].num_elements();
    auto* out = context.out<float>(0);
    FoldSums(context.input_shapes[0], context.in<float>(0), outputs, out);
    const auto count = static_cast<float>(Count(context.input_shapes[0]));
    for (int64_t i = 0; i < outputs; ++i) out[i] /= count;
    return absl::OkStatus();
  }
};

template <typename T>
class MeanPlain final : public Reducer {
 public:
  explicit MeanPlain(ReducedAxes axes) : Reducer(axes, Shape::kMaxElements) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return TotalBytes<int64_t>(inputs);
  }

  absl::Status Run(const RunContext& context) const override {
    const int64_t outputs = context.output_shapes[0].num_elements();
    auto* sums = reinterpret_cast<int64_t*>(context.scratch);
    FoldSums(context.input_shapes[0], context.in<T>(0), outputs, sums);
    const int64_t count = Count(context.input_shapes[0]);
    for (int64_t i = 0; i < outputs; ++i) context.out<T>(0)[i] = static_cast<T>(sums[i] / count);
    return absl::OkStatus();
  }
};

// Mean or sum of codes: the sums are exact, what differs is how they become codes again.
enum class Kind { kMean, kSum };
enum class Finish { kXnnpack, kBuiltinSum, kFixedPoint };

template <typename T>
class CodeSums final : public Reducer {
 public:
  CodeSums(ReducedAxes axes, Kind kind, Finish finish, const Quantization& in,
           const Quantization& out)
      : Reducer(axes, kMaxCodes<T>),
        kind_(kind),
        finish_(finish),
        ratio_(in.scale[0] / out.scale[0]),
        multiplier_(kernels::MakeFixedPointMultiplier(static_cast<double>(in.scale[0]) /
                                                      static_cast<double>(out.scale[0]))),
        zero_in_(in.zero_point[0]),
        zero_out_(out.zero_point[0]) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return TotalBytes<int32_t>(inputs);
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const absl::Span<int32_t> sums(reinterpret_cast<int32_t*>(context.scratch),
                                   context.output_shapes[0].num_elements());
    Sum(context, sums);
    const auto count = static_cast<int32_t>(Count(input));
    auto* out = context.out<T>(0);
    switch (finish_) {
      case Finish::kXnnpack:
        FinishXnnpack(sums, count, out);
        break;
      case Finish::kBuiltinSum:
        FinishBuiltinSum(sums, count, out);
        break;
      case Finish::kFixedPoint:
        FinishFixedPoint(sums, count, out);
        break;
    }
    return absl::OkStatus();
  }

 private:
  void Sum(const RunContext& context, absl::Span<int32_t> sums) const {
    constexpr int64_t kMinColumns = 8;
    constexpr int64_t kMinCodesPerThread = 32 * 1024;
    const Shape& input = context.input_shapes[0];
    const T* in = context.in<T>(0);
    if constexpr (sizeof(T) == 1) {
      const auto block = Block(input);
      if (block.inner >= kMinColumns) {
        const int64_t parts =
            std::clamp<int64_t>(input.num_elements() / kMinCodesPerThread, 1, context.threads());
        ForEachPart(context.pool, parts, [&](int64_t part) {
          const Range columns = Share(block.inner, 16, part, parts);
          for (int64_t o = 0; o < block.outer; ++o) {
            SumColumns(in + o * block.count * block.inner + columns.begin, block.count, block.inner,
                       columns.end - columns.begin, sums.data() + o * block.inner + columns.begin);
          }
        });
        return;
      }
    }
    FoldSums(input, in, static_cast<int64_t>(sums.size()), sums.data());
  }

  static T Code(double v) {
    return static_cast<T>(
        std::clamp<double>(v, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }

  void FinishXnnpack(absl::Span<const int32_t> sums, int32_t count, T* out) const {
    const float scale = kind_ == Kind::kMean ? ratio_ * (1.0f / static_cast<float>(count)) : ratio_;
    const float offset =
        static_cast<float>(zero_out_) - static_cast<float>(count * zero_in_) * scale;
    for (size_t i = 0; i < sums.size(); ++i) {
      out[i] = Code(std::rint(static_cast<float>(sums[i]) * scale + offset));
    }
  }

  void FinishBuiltinSum(absl::Span<const int32_t> sums, int32_t count, T* out) const {
    const float offset = static_cast<float>(-zero_in_) * ratio_ * static_cast<float>(count);
    for (size_t i = 0; i < sums.size(); ++i) {
      const float real = static_cast<float>(sums[i]) * ratio_ + offset;
      out[i] = Code(static_cast<double>(std::round(real)) + zero_out_);
    }
  }

  // A mean's division by the count goes into the multiplier, with as many bits as it can spare.
  kernels::FixedPointMultiplier MeanMultiplier(int32_t count) const {
    const int log2_count = std::bit_width(static_cast<uint32_t>(count)) - 1;
    const int shift = std::min({log2_count, 32, 31 + multiplier_.exponent});
    kernels::FixedPointMultiplier mean;
    mean.multiplier =
        static_cast<int32_t>((static_cast<int64_t>(multiplier_.multiplier) << shift) / count);
    mean.exponent = multiplier_.exponent - shift;
    return mean;
  }

  void FinishFixedPoint(absl::Span<const int32_t> sums, int32_t count, T* out) const {
    const auto multiplier = kind_ == Kind::kMean ? MeanMultiplier(count) : multiplier_;
    for (size_t i = 0; i < sums.size(); ++i) {
      const int32_t centred = sums[i] - zero_in_ * count;
      out[i] = Code(int64_t{kernels::MultiplyByFixedPoint(centred, multiplier)} + zero_out_);
    }
  }

  const Kind kind_;
  const Finish finish_;
  const float ratio_;
  const kernels::FixedPointMultiplier multiplier_;
  const int32_t zero_in_;
  const int32_t zero_out_;
};

template <typename ReducerOp>
PreparedOp PreparePlain(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const ReducedAxes axes, ReadReducedAxes(context));
  return std::make_unique<ReducerOp>(axes);
}

// XNNPACK takes 8-bit codes. Of sums, the kernel that specifies int8 is the builtin one.
template <typename T>
Finish FinishOf(Kind kind, Rounding rounding) {
  if (sizeof(T) == 1 && rounding == Rounding::kFloat32) return Finish::kXnnpack;
  const bool float_sum = kind == Kind::kSum && std::is_same_v<T, int8_t>;
  return float_sum ? Finish::kBuiltinSum : Finish::kFixedPoint;
}

template <typename T, Kind kind>
PreparedOp PrepareCodes(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const ReducedAxes axes, ReadReducedAxes(context));
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  if (!(input.quantization.scale[0] / output.quantization.scale[0] < 1073741824.0f)) {
    return absl::InvalidArgumentError(
        absl::StrCat("output scale ", output.quantization.scale[0], " is too small"));
  }
  return std::make_unique<CodeSums<T>>(axes, kind, FinishOf<T>(kind, context.rounding),
                                       input.quantization, output.quantization);
}

OpRow Row(BuiltinOp op, int version, DataType type, PrepareFunction prepare) {
  return {op, 1, version, {{type}, {DataType::kInt32}}, {{type}}, prepare};
}

}  // namespace

OpRowList MeanRows() {
  return {
      Row(BuiltinOp::kMean, 3, DataType::kInt8, &PrepareCodes<int8_t, Kind::kMean>),
      Row(BuiltinOp::kMean, 3, DataType::kUint8, &PrepareCodes<uint8_t, Kind::kMean>),
      Row(BuiltinOp::kMean, 3, DataType::kInt16, &PrepareCodes<int16_t, Kind::kMean>),
      Row(BuiltinOp::kMean, 3, DataType::kInt32, &PreparePlain<MeanPlain<int32_t>>),
      Row(BuiltinOp::kMean, 3, DataType::kInt64, &PreparePlain<MeanPlain<int64_t>>),
      Row(BuiltinOp::kMean, 3, DataType::kFloat32, &PreparePlain<MeanF32>),
      Row(BuiltinOp::kSum, 2, DataType::kInt8, &PrepareCodes<int8_t, Kind::kSum>),
      Row(BuiltinOp::kSum, 2, DataType::kUint8, &PrepareCodes<uint8_t, Kind::kSum>),
      Row(BuiltinOp::kSum, 2, DataType::kInt32, &PreparePlain<SumPlain<int32_t>>),
      Row(BuiltinOp::kSum, 2, DataType::kInt64, &PreparePlain<SumPlain<int64_t>>),
      Row(BuiltinOp::kSum, 2, DataType::kFloat32, &PreparePlain<SumPlain<float>>),
  };
}

}  // namespace octet::ops
