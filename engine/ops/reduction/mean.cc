// MEAN, int8 and float32. NUMERICS.md, "MEAN".
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/kernels/fixed_point.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/reduction/rows.h"

namespace octet::ops {
namespace {

class Mean : public Op {
 public:
  Mean(uint32_t axes, bool keep_dims) : axes_(axes), keep_dims_(keep_dims) {}

  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    std::vector<int32_t> dims;
    for (int i = 0; i < inputs[0].rank(); ++i) {
      if (!IsReduced(i)) {
        dims.push_back(inputs[0].dim(i));
      } else if (keep_dims_) {
        dims.push_back(1);
      }
    }
    if (inputs[0].num_elements() == 0) {
      return absl::InvalidArgumentError("a mean of no elements");
    }
    // Sums of codes stay inside int32.
    if (ReducedCount(inputs[0]) > (1 << 23)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a mean over ", ReducedCount(inputs[0]), " elements is too large"));
    }
    OCTET_ASSIGN_OR_RETURN(Shape output, Shape::Create(dims));
    return Shapes{std::move(output)};
  }

  absl::Status CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const override {
    if (!IsReduced(0)) return absl::OkStatus();
    return absl::FailedPreconditionError("it takes the mean over dimension 0");
  }

 protected:
  bool IsReduced(int axis) const { return (axes_ >> axis) & 1; }

  int64_t ReducedCount(const Shape& input) const {
    int64_t count = 1;
    for (int i = 0; i < input.rank(); ++i) {
      if (IsReduced(i)) count *= input.dim(i);
    }
    return count;
  }

  // Adds each element of `in` to its place in `sums`, which has the output's elements.
  template <typename Value, typename Sum>
  void Accumulate(const Shape& input, const Value* in, int64_t outputs, Sum* sums) const {
    std::fill_n(sums, outputs, Sum{0});
    const int rank = input.rank();
    if (rank == 0) {
      sums[0] = in[0];
      return;
    }
    std::array<int64_t, Shape::kMaxRank> stride{};
    int64_t running = 1;
    for (int i = rank - 1; i >= 0; --i) {
      if (IsReduced(i)) continue;
      stride[i] = running;
      running *= input.dim(i);
    }
    std::array<int32_t, Shape::kMaxRank> index{};
    const int32_t inner = input.dim(rank - 1);
    const int64_t inner_stride = stride[rank - 1];
    int64_t at = 0;
    for (int64_t done = 0; done < input.num_elements(); done += inner) {
      for (int32_t i = 0; i < inner; ++i) sums[at + i * inner_stride] += in[done + i];
      for (int axis = rank - 2; axis >= 0; --axis) {
        at += stride[axis];
        if (++index[axis] < input.dim(axis)) break;
        at -= stride[axis] * index[axis];
        index[axis] = 0;
      }
    }
  }

 private:
  const uint32_t axes_;  // bit i: axis i is reduced
  const bool keep_dims_;
};

class MeanF32 final : public Mean {
 public:
  using Mean::Mean;

  absl::Status Run(const RunContext& context) const override {
    const int64_t outputs = context.output_shapes[0].num_elements();
    auto* out = context.out<float>(0);
    Accumulate(context.input_shapes[0], context.in<float>(0), outputs, out);
    const auto count = static_cast<float>(ReducedCount(context.input_shapes[0]));
    for (int64_t i = 0; i < outputs; ++i) out[i] /= count;
    return absl::OkStatus();
  }
};

class MeanS8 final : public Mean {
 public:
  MeanS8(uint32_t axes, bool keep_dims, Rounding rounding, const Quantization& in,
         const Quantization& out)
      : Mean(axes, keep_dims),
        rounding_(rounding),
        ratio_(in.scale[0] / out.scale[0]),
        multiplier_(kernels::MakeFixedPointMultiplier(static_cast<double>(in.scale[0]) /
                                                      static_cast<double>(out.scale[0]))),
        zero_in_(in.zero_point[0]),
        zero_out_(out.zero_point[0]) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int) const override {
    return RoundUp((*InferShapes(inputs))[0].num_elements() * sizeof(int32_t), 64);
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const int64_t outputs = context.output_shapes[0].num_elements();
    auto* sums = reinterpret_cast<int32_t*>(context.scratch);
    Accumulate(input, context.in<int8_t>(0), outputs, sums);
    const auto count = static_cast<int32_t>(ReducedCount(input));
    auto* out = context.out<int8_t>(0);
    if (rounding_ == Rounding::kFloat32) {
      FinishFloat32(sums, outputs, count, out);
    } else {
      FinishFixedPoint(sums, outputs, count, out);
    }
    return absl::OkStatus();
  }

 private:
  static int8_t Code(double v) { return static_cast<int8_t>(std::clamp(v, -128.0, 127.0)); }

  void FinishFloat32(const int32_t* sums, int64_t outputs, int32_t count, int8_t* out) const {
    const float scale = ratio_ * (1.0f / static_cast<float>(count));
    const float offset =
        static_cast<float>(zero_out_) - static_cast<float>(count * zero_in_) * scale;
    for (int64_t i = 0; i < outputs; ++i) {
      out[i] = Code(std::rint(static_cast<float>(sums[i]) * scale + offset));
    }
  }

  void FinishFixedPoint(const int32_t* sums, int64_t outputs, int32_t count, int8_t* out) const {
    // The division by the count goes into the multiplier, with as many bits as it can spare.
    const int log2_count = std::bit_width(static_cast<uint32_t>(count)) - 1;
    const int shift = std::min({log2_count, 32, 31 + multiplier_.exponent});
    kernels::FixedPointMultiplier mean;
    mean.multiplier =
        static_cast<int32_t>((static_cast<int64_t>(multiplier_.multiplier) << shift) / count);
    mean.exponent = multiplier_.exponent - shift;
    for (int64_t i = 0; i < outputs; ++i) {
      const int32_t centred = sums[i] - zero_in_ * count;
      out[i] = Code(int64_t{kernels::MultiplyByFixedPoint(centred, mean)} + zero_out_);
    }
  }

  const Rounding rounding_;
  const float ratio_;
  const kernels::FixedPointMultiplier multiplier_;
  const int32_t zero_in_;
  const int32_t zero_out_;
};

absl::StatusOr<uint32_t> ReducedAxes(const PrepareContext& context) {
  const int rank = context.input(0)->shape.rank();
  OCTET_ASSIGN_OR_RETURN(const std::vector<int32_t> axes, ConstantInts(*context.input(1)));
  uint32_t mask = 0;
  for (int32_t axis : axes) {
    OCTET_ASSIGN_OR_RETURN(const int normal, NormalizeAxis(axis, rank));
    mask |= 1u << normal;
  }
  return mask;
}

PreparedOp PrepareF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const uint32_t axes, ReducedAxes(context));
  return std::make_unique<MeanF32>(axes, context.options<ReducerOptions>().keep_dims);
}

PreparedOp PrepareS8(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const uint32_t axes, ReducedAxes(context));
  const TensorDef& input = *context.input(0);
  const TensorDef& output = context.output(0);
  OCTET_RETURN_IF_ERROR(CheckPerTensor(input));
  OCTET_RETURN_IF_ERROR(CheckPerTensor(output));
  if (!(input.quantization.scale[0] / output.quantization.scale[0] < 1073741824.0f)) {
    return absl::InvalidArgumentError(
        absl::StrCat("output scale ", output.quantization.scale[0], " is too small"));
  }
  return std::make_unique<MeanS8>(axes, context.options<ReducerOptions>().keep_dims,
                                  context.rounding, input.quantization, output.quantization);
}

}  // namespace

OpRowList MeanRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kAxes{DataType::kInt32};
  return {
      {BuiltinOp::kMean, 1, 3, {kS8, kAxes}, {kS8}, &PrepareS8},
      {BuiltinOp::kMean, 1, 3, {kF32, kAxes}, {kF32}, &PrepareF32},
  };
}

}  // namespace octet::ops
