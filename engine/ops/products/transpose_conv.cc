// TRANSPOSE_CONV: what all types share, and the integer ones.
#include "engine/ops/products/transpose_conv.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/products/integer_product.h"
#include "engine/ops/products/rows.h"

namespace octet::ops {
namespace {

// Input position i reaches output position i * stride - before + tap.
int64_t PadBefore(Padding padding, int32_t in, int32_t out, int32_t kernel, int32_t stride) {
  if (padding == Padding::kValid) return 0;
  return std::max<int64_t>((int64_t{in} - 1) * stride + kernel - out, 0) / 2;
}

// Input positions whose windows reach output position `o`, as [begin, end).
Range Sources(int64_t o, int64_t before, int32_t in, int32_t kernel, int32_t stride) {
  const int64_t at = o + before;
  const int64_t first = std::max<int64_t>(at - kernel + 1, 0);
  return {CeilDiv(first, stride), std::min<int64_t>(at / stride + 1, in)};
}

absl::Status CheckConstants(const PrepareContext& context, const TransposeConvSetup& setup) {
  const TensorDef& weights = *setup.weights;
  const TensorDef& input = *context.input(2);
  if (weights.shape.num_elements() == 0 || weights.shape.dim(3) != input.shape.dim(3)) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights '", weights.name, "' of shape ", weights.shape.ToString(),
                     " do not fit input '", input.name, "' of shape ", input.shape.ToString()));
  }
  if (setup.stride_h < 1 || setup.stride_w < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("strides of ", setup.stride_h, " and ", setup.stride_w, " are not possible"));
  }
  return CheckBias(setup.bias, setup.out_channels);
}

}  // namespace

absl::StatusOr<TransposeConvSetup> SetUpTransposeConv(const PrepareContext& context) {
  const auto options = context.options<TransposeConvOptions>();
  const TensorDef& shape = *context.input(0);
  const TensorDef& input = *context.input(2);
  TransposeConvSetup setup;
  setup.weights = context.input(1);
  setup.bias = context.input(3);
  OCTET_RETURN_IF_ERROR(CheckConstant(*setup.weights));
  OCTET_RETURN_IF_ERROR(CheckRank(*setup.weights, 4));
  OCTET_RETURN_IF_ERROR(CheckRank(input, 4));
  setup.padding = options.padding;
  setup.stride_h = options.stride_h;
  setup.stride_w = options.stride_w;
  setup.activation = options.activation;
  setup.out_channels = setup.weights->shape.dim(0);
  setup.kernel_h = setup.weights->shape.dim(1);
  setup.kernel_w = setup.weights->shape.dim(2);
  setup.in_channels = setup.weights->shape.dim(3);
  OCTET_RETURN_IF_ERROR(CheckConstants(context, setup));
  if (shape.shape.num_elements() != 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor '", shape.name, "' must hold the output's four dimensions"));
  }
  if (shape.is_constant) {
    const auto dims = shape.values<int32_t>();
    if (dims[0] != input.shape.dim(0) || dims[3] != setup.out_channels) {
      return absl::InvalidArgumentError(absl::StrCat(
          "an output of ", dims[0], " images with ", dims[3], " channels does not fit input '",
          input.name, "' and ", setup.out_channels, " channels of weights"));
    }
    setup.constant_shape = true;
    setup.out_h = dims[1];
    setup.out_w = dims[2];
  }
  return setup;
}

absl::StatusOr<Shapes> TransposeConv::OutputShape(const Shape& image, int32_t height,
                                                  int32_t width) const {
  OCTET_RETURN_IF_ERROR(CheckShapeRank(image, 4, "the input"));
  if (image.dim(3) != setup_.in_channels) {
    return absl::InvalidArgumentError(absl::StrCat("the input has shape ", image.ToString(), "; ",
                                                   setup_.in_channels, " channels are needed"));
  }
  OCTET_ASSIGN_OR_RETURN(Shape output,
                         Shape::Create({image.dim(0), height, width, setup_.out_channels}));
  return Shapes{std::move(output)};
}

absl::StatusOr<Shapes> TransposeConv::InferShapes(absl::Span<const Shape> inputs) const {
  return OutputShape(inputs[2], setup_.out_h, setup_.out_w);
}

absl::StatusOr<Shapes> TransposeConv::InferShapesFromValues(
    absl::Span<const Shape> inputs, absl::Span<const void* const> values) const {
  if (inputs[0].num_elements() != 4) {
    return absl::InvalidArgumentError("the output's shape must have four dimensions");
  }
  const auto* dims = static_cast<const int32_t*>(values[0]);
  OCTET_ASSIGN_OR_RETURN(Shapes shapes, OutputShape(inputs[2], dims[1], dims[2]));
  if (dims[0] != shapes[0].dim(0) || dims[3] != shapes[0].dim(3)) {
    return absl::InvalidArgumentError(absl::StrCat("an output of ", dims[0], " images with ",
                                                   dims[3], " channels; ", shapes[0].ToString(),
                                                   " is computed"));
  }
  return shapes;
}

absl::Status TransposeConv::CheckRowsApart(absl::Span<const Shape>,
                                           absl::Span<const bool> has_rows) const {
  if (setup_.constant_shape && !has_rows[0]) return absl::OkStatus();
  return absl::FailedPreconditionError("the number of its rows is one of its values");
}

size_t TransposeConv::TapBytes() const {
  const int64_t taps =
      CeilDiv(setup_.kernel_h, setup_.stride_h) * CeilDiv(setup_.kernel_w, setup_.stride_w);
  return RoundUp(taps * sizeof(TransposeTap), 64);
}

void TransposeConv::ForEachPixel(
    const RunContext& context, std::byte* scratch,
    absl::FunctionRef<void(int64_t, int64_t, int64_t, absl::Span<const TransposeTap>)> body) const {
  const Shape& in = context.input_shapes[2];
  const Shape& out = context.output_shapes[0];
  const int64_t before_h =
      PadBefore(setup_.padding, in.dim(1), out.dim(1), setup_.kernel_h, setup_.stride_h);
  const int64_t before_w =
      PadBefore(setup_.padding, in.dim(2), out.dim(2), setup_.kernel_w, setup_.stride_w);
  const int64_t lines = int64_t{out.dim(0)} * out.dim(1);
  const int64_t parts = std::clamp<int64_t>(lines, 1, context.threads());
  ForEachPart(context.pool, parts, [&](int64_t part) {
    auto* taps = reinterpret_cast<TransposeTap*>(scratch + part * TapBytes());
    const Range range = Share(lines, 1, part, parts);
    for (int64_t line = range.begin; line < range.end; ++line) {
      const int64_t oy = line % out.dim(1);
      const Range ys = Sources(oy, before_h, in.dim(1), setup_.kernel_h, setup_.stride_h);
      for (int64_t ox = 0; ox < out.dim(2); ++ox) {
        const Range xs = Sources(ox, before_w, in.dim(2), setup_.kernel_w, setup_.stride_w);
        size_t count = 0;
        for (int64_t y = ys.begin; y < ys.end; ++y) {
          const int64_t ky = oy + before_h - y * setup_.stride_h;
          for (int64_t x = xs.begin; x < xs.end; ++x) {
            const int64_t kx = ox + before_w - x * setup_.stride_w;
            taps[count++] = {y * in.dim(2) + x, static_cast<int32_t>(ky * setup_.kernel_w + kx)};
          }
        }
        body(part, line / out.dim(1), oy * out.dim(2) + ox, {taps, count});
      }
    }
  });
}

namespace {

// Scratch: [the input less its zero point][taps of each part][sums of one pixel for each part].
template <typename Code>
class TransposeConvInteger final : public TransposeConv {
 public:
  TransposeConvInteger(const TransposeConvSetup& setup, IntegerProduct product)
      : TransposeConv(setup), product_(std::move(product)) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    return CentredBytes<Code>(inputs[2].num_elements()) + threads * (TapBytes() + SumBytes());
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[2];
    const int64_t elements = input.num_elements();
    const int16_t* in =
        CentredInput(context.in<Code>(2), elements, product_.input_zero_point, context.scratch);
    std::byte* taps = context.scratch + CentredBytes<Code>(elements);
    std::byte* sums = taps + context.threads() * TapBytes();
    const int64_t pixels = context.output_shapes[0].InnerElements(1) / setup_.out_channels;
    ForEachPixel(
        context, taps,
        [&](int64_t part, int64_t image, int64_t pixel, absl::Span<const TransposeTap> pixel_taps) {
          auto* part_sums = reinterpret_cast<int64_t*>(sums + part * SumBytes());
          SumPixel(in + image * input.InnerElements(1), pixel_taps, part_sums);
          product_.stage.FinishSums(
              part_sums, 1, setup_.out_channels,
              context.out<Code>(0) + (image * pixels + pixel) * setup_.out_channels);
        });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override { return product_.bytes(); }

 private:
  size_t SumBytes() const { return RoundUp(int64_t{setup_.out_channels} * sizeof(int64_t), 64); }

  void SumPixel(const int16_t* image, absl::Span<const TransposeTap> taps, int64_t* sums) const {
    const int64_t k = setup_.in_channels;
    for (int64_t c = 0; c < setup_.out_channels; ++c) {
      const int16_t* weights = product_.weights.data() + c * setup_.taps() * k;
      int64_t sum = product_.bias[c];
      for (const TransposeTap& tap : taps) {
        sum += DotS16(image + tap.pixel * k, weights + tap.tap * k, k, product_.chunk);
      }
      sums[c] = sum;
    }
  }

  const IntegerProduct product_;
};

template <typename Code>
PreparedOp PrepareInteger(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const TransposeConvSetup setup, SetUpTransposeConv(context));
  IntegerProductParams params;
  params.input = context.input(2);
  params.weights = setup.weights;
  params.bias = setup.bias;
  params.output = &context.output(0);
  params.activation = setup.activation;
  params.channels = setup.out_channels;
  params.channel_stride = int64_t{setup.taps()} * setup.in_channels;
  params.int32_sums = setup.bias == nullptr ? context.options<TransposeConvOptions>().int32_bias
                                            : setup.bias->type == DataType::kInt32;
  // The builtin kernel works on eight channels at a time, and finishes the rest in another way.
  params.half_up_channels = setup.out_channels / 8 * 8;
  OCTET_ASSIGN_OR_RETURN(auto product, IntegerProduct::Make(params, context.rounding));
  return std::make_unique<TransposeConvInteger<Code>>(setup, std::move(product));
}

}  // namespace

OpRowList TransposeConvRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  constexpr TypeSlot kS16{DataType::kInt16};
  constexpr TypeSlot kShape{DataType::kInt32};
  constexpr TypeSlot kBiasS32{DataType::kInt32, /*optional=*/true};
  constexpr TypeSlot kBiasS64{DataType::kInt64, /*optional=*/true};
  constexpr TypeSlot kBiasF32{DataType::kFloat32, /*optional=*/true};
  constexpr auto kOp = BuiltinOp::kTransposeConv;
  return {
      {kOp, 1, 5, {kShape, kS8, kS8, kBiasS32}, {kS8}, &PrepareInteger<int8_t>},
      {kOp, 1, 5, {kShape, kU8, kU8, kBiasS32}, {kU8}, &PrepareInteger<uint8_t>},
      {kOp, 1, 5, {kShape, kS8, kS16, kBiasS64}, {kS16}, &PrepareInteger<int16_t>},
      {kOp, 1, 5, {kShape, kS8, kS16, kBiasS32}, {kS16}, &PrepareInteger<int16_t>},
      {kOp, 1, 5, {kShape, kF32, kF32, kBiasF32}, {kF32}, &PrepareTransposeConvF32},
      {kOp, 1, 5, {kShape, kS8, kF32, kBiasF32}, {kF32}, &PrepareTransposeConvHybrid},
  };
}

}  // namespace octet::ops
