// CONV_2D in float32.
#include <algorithm>
#include <vector>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/activation.h"
#include "engine/ops/products/conv_2d.h"
#include "engine/ops/products/packed_matmul_f32.h"
#include "engine/ops/spatial/padded_lines.h"
#include "engine/ops/spatial/patches.h"

namespace octet::ops {
namespace {

// Shortest row of output pixels for which reading in place beats patches, which share the weights
// among more rows.
constexpr int32_t kMinRowInPlace = 12;

// Rows of a block of patches: enough for the weights to pay their way, few enough for the cache.
int32_t BlockPixels(int64_t row_bytes, int32_t m_tile) {
  constexpr int64_t kBlockBytes = 256 << 10;
  const int64_t tiles = kBlockBytes / std::max<int64_t>(row_bytes, 1) / m_tile;
  return static_cast<int32_t>(std::clamp<int64_t>(tiles, 1, 96 / m_tile) * m_tile);
}

// Scratch: of each part, a band of padded lines, or a block of patches.
class Conv2DF32 final : public ConvOp {
 public:
  Conv2DF32(const Conv2DSetup& setup, std::vector<kernels::PackedGemmF32> groups, FloatRange range)
      : ConvOp(setup.params),
        group_in_(setup.group_in()),
        group_out_(setup.group_out()),
        k_(setup.group_k()),
        groups_(std::move(groups)),
        block_pixels_(BlockPixels(k_ * sizeof(float), groups_[0].kernel->m_tile)),
        range_(range) {}

  size_t ScratchBytes(absl::Span<const Shape> inputs, int threads) const override {
    return MaxParts(threads) * PartBytes(WindowFor(inputs[0]));
  }

  absl::Status Run(const RunContext& context) const override {
    const Shape& input = context.input_shapes[0];
    const Window window = WindowFor(input);
    const int64_t pixels = window.out_pixels();
    const auto* in = context.in<float>(0);
    if (window.is_pointwise() && groups_.size() == 1) {
      RunMatmulF32(groups_[0], in, input.dim(0) * pixels, range_, context.out<float>(0),
                   context.pool);
      return absl::OkStatus();
    }
    const bool in_place = ReadsInPlace(window);
    const int64_t block_pixels =
        in_place ? RowsInPlace(window, context.threads()) * window.w.out : block_pixels_;
    const size_t part_bytes = PartBytes(window);
    ForEachPixelBlock(context.pool, input.dim(0), pixels, block_pixels,
                      [&](int64_t part, const PixelBlock& block) {
                        std::byte* scratch = context.scratch + part * part_bytes;
                        const float* image = in + block.image * input.InnerElements(1);
                        float* out = context.out<float>(0) +
                                     (block.image * pixels + block.begin) * params_.out_channels;
                        if (in_place) {
                          RunRows(window, image, static_cast<int32_t>(block.begin / window.w.out),
                                  static_cast<int32_t>((block.begin + block.count) / window.w.out),
                                  scratch, out);
                        } else {
                          RunPatches(window, image, block, reinterpret_cast<float*>(scratch), out);
                        }
                      });
    return absl::OkStatus();
  }

  size_t ConstantBytes() const override {
    size_t bytes = 0;
    for (const auto& group : groups_) bytes += group.bytes();
    return bytes;
  }

 private:
  int32_t PixelBytes() const { return params_.in_channels * static_cast<int32_t>(sizeof(float)); }

  // Whether the rows of a window are dense in the image, and rows of outputs long.
  bool ReadsInPlace(const Window& window) const {
    return groups_.size() == 1 && window.w.dilation == 1 && window.w.out >= kMinRowInPlace;
  }

  // Output rows of a block, as many for each thread.
  int64_t RowsInPlace(const Window& window, int64_t threads) const {
    constexpr int64_t kBandBytes = 128 << 10;
    const int64_t line = PaddedLine(window, PixelBytes());
    const int64_t most = std::clamp<int64_t>(kBandBytes / (window.h.stride * line), 1, 16);
    return CeilDiv(window.h.out, RoundUp(CeilDiv(window.h.out, most), threads));
  }

  size_t PartBytes(const Window& window) const {
    const int64_t bytes = ReadsInPlace(window) ? Taps(window.h, RowsInPlace(window, 1)) *
                                                     PaddedLine(window, PixelBytes())
                                               : int64_t{block_pixels_} * k_ * sizeof(float);
    return RoundUp(bytes, 64);
  }

  kernels::GemmF32Args Args(size_t group) const {
    kernels::GemmF32Args args = kernels::MakeGemmF32Args(groups_[group], 0, group_out_);
    args.lo = range_.lo;
    args.hi = range_.hi;
    args.out_row_stride = params_.out_channels;
    return args;
  }

  void RunRows(const Window& window, const float* image, int32_t begin, int32_t end,
               std::byte* band, float* out) const {
    const InteriorOutputs inside = Interior(window.h);
    const bool padded =
        Interior(window.w).size() < window.w.out || begin < inside.begin || end > inside.end;
    const int64_t channels = params_.in_channels;
    if (padded) {  // zeros are zero bytes
      PadLines(window, reinterpret_cast<const int8_t*>(image), PixelBytes(), 0, begin, end,
               reinterpret_cast<int8_t*>(band));
    }
    const int64_t line = padded ? Taps(window.w, window.w.out) * channels : window.w.in * channels;
    const float* first = padded
                             ? reinterpret_cast<const float*>(band)
                             : image + window.h.Begin(begin) * line + window.w.Begin(0) * channels;
    kernels::GemmF32Args args = Args(0);
    args.a_row_stride = int64_t{window.w.stride} * params_.in_channels;
    args.a_segment_stride = window.h.dilation * line;
    args.m = window.w.out;
    for (int32_t i = 0; i < end - begin; ++i) {
      args.a = first + i * window.h.stride * line;
      args.out = out + int64_t{i} * window.w.out * params_.out_channels;
      groups_[0].kernel->run(&args);
    }
  }

  void RunPatches(const Window& window, const float* image, const PixelBlock& block, float* patches,
                  float* out) const {
    for (size_t g = 0; g < groups_.size(); ++g) {
      const auto group = static_cast<int32_t>(g);
      for (int64_t i = 0; i < block.count; ++i) {
        const auto pixel = static_cast<int32_t>(block.begin + i);
        GatherPatch(window, image, params_.in_channels, group * group_in_, group_in_,
                    pixel / window.w.out, pixel % window.w.out, 0.0f, patches + i * k_);
      }
      kernels::GemmF32Args args = Args(g);
      args.a = patches;
      args.a_row_stride = k_;
      args.a_segment_stride = groups_[g].segment_length;
      args.m = static_cast<int32_t>(block.count);
      args.out = out + group * group_out_;
      groups_[g].kernel->run(&args);
    }
  }

  const int32_t group_in_;
  const int32_t group_out_;
  const int32_t k_;
  const std::vector<kernels::PackedGemmF32> groups_;
  const int32_t block_pixels_;
  const FloatRange range_;
};

}  // namespace

PreparedOp PrepareConv2DF32(const PrepareContext& context) {
  OCTET_ASSIGN_OR_RETURN(const Conv2DSetup setup, SetUpConv2D(context));
  OCTET_ASSIGN_OR_RETURN(const FloatRange range, ActivationValues(setup.activation));
  const auto weights = setup.weights->values<float>();
  absl::Span<const float> bias;
  if (setup.bias != nullptr) bias = setup.bias->values<float>();
  // A segment is a row of the window.
  const int32_t rows = setup.params.kernel_h;
  const int64_t values = int64_t{setup.group_out()} * setup.group_k();
  std::vector<kernels::PackedGemmF32> groups;
  for (int32_t g = 0; g < setup.groups; ++g) {
    OCTET_ASSIGN_OR_RETURN(
        auto packed,
        kernels::PackGemmF32(
            kernels::SelectGemmF32(context.isas), setup.group_out(), rows, setup.group_k() / rows,
            weights.subspan(g * values, values),
            bias.empty() ? bias : bias.subspan(g * setup.group_out(), setup.group_out())));
    groups.push_back(std::move(packed));
  }
  return std::make_unique<Conv2DF32>(setup, std::move(groups), range);
}

}  // namespace octet::ops
