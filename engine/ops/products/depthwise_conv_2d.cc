#include "engine/ops/products/depthwise_conv_2d.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"
#include "engine/ops/products/rows.h"

namespace octet::ops {

absl::StatusOr<DepthwiseSetup> SetUpDepthwise(const PrepareContext& context) {
  const auto options = context.options<DepthwiseConv2DOptions>();
  const TensorDef& input = *context.input(0);
  const TensorDef& weights = *context.input(1);
  const TensorDef* bias = context.input(2);
  OCTET_RETURN_IF_ERROR(CheckConstant(weights));
  OCTET_RETURN_IF_ERROR(CheckRank(weights, 4));
  OCTET_RETURN_IF_ERROR(CheckRank(input, 4));

  DepthwiseSetup setup;
  ConvParams& params = setup.params;
  params = ConvParamsFrom(options, input.shape, weights.shape);
  params.out_channels = weights.shape.dim(3);
  if (weights.shape.dim(0) != 1 || weights.shape.num_elements() == 0 || params.in_channels == 0 ||
      params.out_channels % params.in_channels != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights '", weights.name, "' of shape ", weights.shape.ToString(),
                     " do not fit input '", input.name, "' of shape ", input.shape.ToString()));
  }
  // The multiplier in the file may be absent or stale; the shapes are what counts.
  setup.multiplier = params.out_channels / params.in_channels;
  OCTET_RETURN_IF_ERROR(CheckBias(bias, params.out_channels));
  setup.activation = options.activation;
  setup.weights = &weights;
  setup.bias = bias;
  return setup;
}

namespace {

// Pixels whose channels fill whole tiles, if those are few.
int32_t Repeats(int32_t channels, int32_t c_tile) {
  constexpr int32_t kMaxRepeats = 16;
  for (int32_t repeats = 1; repeats <= kMaxRepeats; repeats *= 2) {
    if (channels * repeats % c_tile == 0) return repeats;
  }
  return 1;
}

// Each run of `length` values `repeats` times.
template <typename T>
std::vector<T> Repeated(absl::Span<const T> values, size_t length, int32_t repeats) {
  std::vector<T> repeated;
  repeated.reserve(values.size() * repeats);
  for (size_t begin = 0; begin < values.size(); begin += length) {
    const absl::Span<const T> run = values.subspan(begin, length);
    for (int32_t r = 0; r < repeats; ++r) repeated.insert(repeated.end(), run.begin(), run.end());
  }
  return repeated;
}

}  // namespace

absl::StatusOr<DepthwiseGemm> DepthwiseGemm::Make(const DepthwiseSetup& setup,
                                                  const KernelWeights& weights,
                                                  absl::Span<const int32_t> bias,
                                                  int32_t input_zero_point, IsaSet isas) {
  DepthwiseGemm gemm;
  gemm.taps_h_ = setup.params.kernel_h;
  gemm.taps_w_ = setup.params.kernel_w;
  gemm.in_channels_ = setup.params.in_channels;
  gemm.multiplier_ = setup.multiplier;
  gemm.passes_ = weights.passes;
  gemm.flip_ = weights.flip;
  const int32_t taps = setup.params.taps() * weights.passes;
  kernels::DepthwiseS8Problem problem;
  problem.channels = setup.params.out_channels;
  problem.taps = taps;
  problem.has_minus_128 = kernels::HasMinus128(weights.codes);
  const kernels::DepthwiseS8Variant& variant = kernels::SelectDepthwiseS8(problem, isas);
  gemm.channels_ = setup.params.out_channels;
  gemm.repeats_ = Repeats(gemm.channels_, variant.layout.c_tile);
  const std::vector<int8_t> codes = Repeated(weights.codes, gemm.channels_, gemm.repeats_);
  const std::vector<int32_t> biases = Repeated(bias, gemm.channels_, gemm.repeats_);
  OCTET_ASSIGN_OR_RETURN(
      gemm.packed_, kernels::PackDepthwiseS8(variant, gemm.channels_ * gemm.repeats_, taps, codes,
                                             biases, input_zero_point));
  return gemm;
}

// Scratch: [a row of fill][one pointer a tap and output pixel, then one a row of the window]
// [expanded rows, where channels repeat].
size_t DepthwiseGemm::ScratchBytes(int32_t in_width, int32_t out_width) const {
  const int64_t channels = channels_;
  const int64_t fill = RoundUp(channels + kernels::kDepthwiseOverReadBytes, 64);
  const int64_t pointers = PointerBytes(out_width);
  const int64_t expanded =
      multiplier_ == 1 && !flip_
          ? 0
          : RoundUp(taps_h_ * in_width * channels + kernels::kDepthwiseOverReadBytes, 64);
  return fill + pointers + expanded;
}

const int8_t* DepthwiseGemm::ReadableRow(const int8_t* row, int32_t width, int8_t* expanded) const {
  const int64_t values = int64_t{width} * in_channels_;
  if (multiplier_ > 1) {
    for (int64_t i = 0; i < values; ++i) {
      std::memset(expanded + i * multiplier_, static_cast<uint8_t>(row[i]), multiplier_);
    }
    row = expanded;
  }
  if (!flip_) return row;
  FlipSigns(row, values * multiplier_, expanded);
  return expanded;
}

void DepthwiseGemm::RunRow(const Window& window, const ImageRows& image, int8_t fill, int32_t oy,
                           const kernels::EpilogueArgs& epilogue, std::byte* scratch,
                           void* out) const {
  // Shorter rows are not worth a call for each of their parts.
  constexpr int32_t kMinInterior = 16;
  const int64_t channels = channels_;
  auto* fill_row = reinterpret_cast<int8_t*>(scratch);
  const int64_t fill_bytes = RoundUp(channels + kernels::kDepthwiseOverReadBytes, 64);
  std::memset(fill_row, static_cast<uint8_t>(fill) ^ (flip_ ? 0x80 : 0), fill_bytes);
  auto* pointers = reinterpret_cast<const int8_t**>(scratch + fill_bytes);
  auto* expanded = reinterpret_cast<int8_t*>(scratch + fill_bytes + PointerBytes(window.w.out));
  const absl::Span<const int8_t*> rows(pointers + int64_t{window.w.out} * packed_.taps, taps_h_);
  for (int32_t ky = 0; ky < taps_h_; ++ky) {
    const int32_t y = window.h.Begin(oy) + ky * window.h.dilation;
    const bool inside = y >= 0 && y < window.h.in;  // a row of padding is null
    rows[ky] = inside ? ReadableRow(image.row(y, int64_t{window.w.in} * in_channels_), window.w.in,
                                    expanded + int64_t{ky} * window.w.in * channels)
                      : nullptr;
  }

  kernels::DepthwiseS8Args args{};
  args.taps = pointers;
  args.tap_count = packed_.taps;
  args.channels = static_cast<int32_t>(channels);
  args.weights = packed_.blocks.as<int8_t>();
  args.weights_block_stride = packed_.block_stride;
  args.bias = packed_.bias.data();
  args.epilogue = epilogue;
  args.out_pixel_stride = channels;
  const int64_t pixel_bytes =
      channels * (epilogue.kind == kernels::kEpilogueInt32 ? sizeof(int32_t) : 1);
  const auto run = [&](int32_t begin, int32_t end) {
    PointAtTaps(window.w, rows, fill_row, begin, end, pointers);
    args.tap_step = packed_.taps;
    args.pixels = end - begin;
    args.out = static_cast<std::byte*>(out) + begin * pixel_bytes;
    packed_.variant->run(&args);
  };
  const InteriorOutputs interior = Interior(window.w);
  const bool whole_rows = std::find(rows.begin(), rows.end(), nullptr) == rows.end();
  if (whole_rows && interior.size() >= kMinInterior) {
    run(0, interior.begin);
    RunTogether(args, window.w, rows, interior.begin, interior.end, pixel_bytes, pointers,
                static_cast<std::byte*>(out));
    run(interior.end, window.w.out);
  } else {
    run(0, window.w.out);
  }
  if (flip_ && epilogue.kind != kernels::kEpilogueInt32) {
    FlipSigns(out, window.w.out * channels, out);
  }
}

void DepthwiseGemm::RunTogether(kernels::DepthwiseS8Args args, const WindowAxis& axis,
                                absl::Span<const int8_t* const> rows, int32_t begin, int32_t end,
                                int64_t pixel_bytes, const int8_t** pointers,
                                std::byte* out) const {
  const int32_t repeats = axis.stride == 1 ? repeats_ : 1;
  // `count` runs of `pixels` neighbours.
  const auto run = [&](int32_t first, int32_t pixels, int32_t count) {
    if (count == 0 || pixels == 0) return;
    PointAtTaps(axis, rows, /*fill=*/nullptr, first, first + 1, pointers);
    args.tap_step = 0;
    args.channels = pixels * channels_;
    args.tap_advance = int64_t{args.channels} * axis.stride;
    args.out_pixel_stride = args.channels;
    args.pixels = count;
    args.out = out + first * pixel_bytes;
    packed_.variant->run(&args);
  };
  const int32_t count = (end - begin) / repeats;
  run(begin, repeats, count);
  run(begin + count * repeats, (end - begin) % repeats, 1);
}

void DepthwiseGemm::PointAtTaps(const WindowAxis& axis, absl::Span<const int8_t* const> rows,
                                const int8_t* fill, int32_t begin, int32_t end,
                                const int8_t** pointers) const {
  const int64_t channels = channels_;
  const int32_t taps_once = taps_h_ * taps_w_;
  for (int32_t ox = begin; ox < end; ++ox, pointers += packed_.taps) {
    for (int32_t ky = 0; ky < taps_h_; ++ky) {
      for (int32_t kx = 0; kx < taps_w_; ++kx) {
        const int32_t x = axis.Begin(ox) + kx * axis.dilation;
        const bool inside = rows[ky] != nullptr && x >= 0 && x < axis.in;
        const int8_t* tap = inside ? rows[ky] + x * channels : fill;
        for (int32_t pass = 0; pass < passes_; ++pass) {
          pointers[pass * taps_once + ky * taps_w_ + kx] = tap;
        }
      }
    }
  }
}

OpRowList DepthwiseConv2DRows() {
  constexpr TypeSlot kF32{DataType::kFloat32};
  constexpr TypeSlot kS8{DataType::kInt8};
  constexpr TypeSlot kU8{DataType::kUint8};
  constexpr TypeSlot kS16{DataType::kInt16};
  constexpr TypeSlot kBiasS64{DataType::kInt64, /*optional=*/true};
  constexpr TypeSlot kBiasS32{DataType::kInt32, /*optional=*/true};
  constexpr TypeSlot kBiasF32{DataType::kFloat32, /*optional=*/true};
  constexpr auto kOp = BuiltinOp::kDepthwiseConv2d;
  return {
      {kOp, 1, 7, {kS8, kS8, kBiasS32}, {kS8}, &PrepareDepthwiseConv2DS8},
      {kOp, 1, 7, {kF32, kF32, kBiasF32}, {kF32}, &PrepareDepthwiseConv2DF32},
      {kOp, 1, 7, {kF32, kS8, kBiasF32}, {kF32}, &PrepareDepthwiseConv2DHybrid},
      {kOp, 1, 7, {kU8, kU8, kBiasS32}, {kU8}, &PrepareDepthwiseConv2DU8},
      {kOp, 1, 7, {kS16, kS8, kBiasS64}, {kS16}, &PrepareDepthwiseConv2DS16},
  };
}

}  // namespace octet::ops
