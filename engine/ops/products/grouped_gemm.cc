#include "engine/ops/products/grouped_gemm.h"

#include <algorithm>
#include <cstring>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/products/output_stage.h"
#include "engine/ops/products/padded_product.h"
#include "engine/ops/spatial/padded_lines.h"
#include "engine/ops/spatial/patches.h"

namespace octet::ops {
namespace {

// Shortest row of output pixels for which reading in place beats a matrix of patches, which reuses
// the weights over more rows.
constexpr int32_t kMinRowInPlace = 16;

// A window this narrow, in bytes, is the first layer's: gathering its rows costs more than padding
// each of them.
constexpr int32_t kMaxShortRow = 32;

// Segments of a patch: one for each row of the window, so that a kernel can read them where they
// lie, unless padding each of them would cost more than a third of the work.
int32_t Segments(const Conv2DSetup& setup, const KernelWeights& weights, int32_t k_align) {
  const ConvParams& params = setup.params;
  if (params.kernel_h == 1 || params.dilation_w > 1 || setup.groups > 1 || weights.flip) return 1;
  const int64_t whole = RoundUp(setup.group_k(), k_align);
  const int64_t split =
      params.kernel_h * RoundUp(int64_t{params.kernel_w} * params.in_channels, k_align);
  const bool short_rows = params.kernel_w * params.in_channels <= kMaxShortRow;
  return short_rows || split * 3 <= whole * 4 ? params.kernel_h : 1;
}

int64_t ElementBytes(const kernels::EpilogueArgs& epilogue) {
  return epilogue.kind == kernels::kEpilogueInt32 ? sizeof(int32_t) : sizeof(int8_t);
}

}  // namespace

absl::StatusOr<GroupedGemm> GroupedGemm::Make(const Conv2DSetup& setup,
                                              const KernelWeights& weights,
                                              absl::Span<const int32_t> bias,
                                              int32_t input_zero_point, IsaSet isas) {
  GroupedGemm gemm;
  gemm.flip_ = weights.flip;
  gemm.in_channels_ = setup.params.in_channels;
  gemm.group_in_ = setup.group_in();
  gemm.group_out_ = setup.group_out();
  gemm.group_k_ = setup.group_k();
  gemm.block_pixels_ = PatchBlockRows(gemm.group_k_);
  kernels::GemmS8Problem problem;
  problem.n = gemm.group_out_;
  problem.k = gemm.group_k_ * weights.passes;
  problem.has_minus_128 = kernels::HasMinus128(weights.codes);
  const kernels::GemmS8Variant& variant = kernels::SelectGemmS8(problem, isas);
  const int32_t segments = Segments(setup, weights, variant.layout.k_align);
  gemm.segment_length_ = gemm.group_k_ / segments;
  const int64_t n = gemm.group_out_;
  const int64_t group_codes = n * gemm.group_k_ * weights.passes;
  for (int64_t g = 0; g < setup.groups; ++g) {
    OCTET_ASSIGN_OR_RETURN(
        auto packed, kernels::PackGemmS8(
                         variant, gemm.group_out_, segments * weights.passes, gemm.segment_length_,
                         weights.codes.subspan(g * group_codes, group_codes),
                         bias.empty() ? bias : bias.subspan(g * n, n), input_zero_point));
    gemm.groups_.push_back(std::move(packed));
  }
  return gemm;
}

void GroupedGemm::RunPixels(const Window& window, const int8_t* image, int8_t fill,
                            const PixelBlock& block, size_t group,
                            const kernels::EpilogueArgs& epilogue, int8_t* patches, void* out,
                            int64_t out_row_stride) const {
  const auto first_channel = static_cast<int32_t>(group) * group_in_;
  const auto first_column = static_cast<int32_t>(group) * group_out_;
  const int64_t element = ElementBytes(epilogue);
  kernels::GemmS8Args args =
      kernels::MakeGemmS8Args(groups_[group], EpilogueFrom(epilogue, first_column), 0, group_out_);
  args.a = patches;
  args.a_row_stride = group_k_;
  args.a_segment_stride = flip_ ? 0 : segment_length_;  // uint8: each pass reads the patch again
  args.out_row_stride = out_row_stride;
  const auto count = static_cast<int32_t>(block.count);
  for (int32_t done = 0; done < count; done += args.m) {
    args.m = std::min(block_pixels_, count - done);
    for (int32_t i = 0; i < args.m; ++i) {
      const auto pixel = static_cast<int32_t>(block.begin + done + i);
      GatherPatch(window, image, in_channels_, first_channel, group_in_, pixel / window.w.out,
                  pixel % window.w.out, fill, patches + int64_t{i} * group_k_);
    }
    if (flip_) FlipSigns(patches, int64_t{args.m} * group_k_, patches);
    args.out = static_cast<std::byte*>(out) + (done * out_row_stride + first_column) * element;
    groups_[group].variant->run(&args);
  }
}

void GroupedGemm::RunBlock(const Window& window, const int8_t* image, int8_t fill,
                           const PixelBlock& block, const kernels::EpilogueArgs& epilogue,
                           int8_t* patches, void* out, int64_t out_row_stride) const {
  for (size_t g = 0; g < groups_.size(); ++g) {
    RunPixels(window, image, fill, block, g, epilogue, patches, out, out_row_stride);
  }
  if (flip_ && epilogue.kind != kernels::kEpilogueInt32) {
    FlipSigns(out, block.count * out_row_stride, out);
  }
}

bool GroupedGemm::IsSegmented(const Window& window) const {
  return segment_length_ == window.w.kernel * in_channels_ && !flip_ && !is_grouped() &&
         window.w.dilation == 1;
}

bool GroupedGemm::ReadsInPlace(const Window& window) const {
  return IsSegmented(window) && window.w.out >= kMinRowInPlace;
}

bool GroupedGemm::MultipliesPadded(const Window& window) const {
  // Tiles multiply in less time than patches are gathered; for vectors what is dropped counts more.
  return groups_[0].variant->isa == Isa::kAmx && IsSegmented(window) &&
         PaddedProduct::Serves(window);
}

int32_t GroupedGemm::BandRows(const Window& window) const {
  constexpr int64_t kMostRows = 16;
  constexpr int64_t kBytes = 128 << 10;
  const int64_t row_bytes = window.h.stride * PaddedLine(window, in_channels_);
  return static_cast<int32_t>(std::clamp<int64_t>(kBytes / row_bytes, 1, kMostRows));
}

size_t GroupedGemm::BandBytes(const Window& window) const {
  return RoundUp(Taps(window.h, BandRows(window)) * PaddedLine(window, in_channels_) +
                     kernels::kGemmOverReadBytes,
                 64);
}

void GroupedGemm::RunRows(const Window& window, const int8_t* image, int8_t fill, int32_t begin,
                          int32_t end, const kernels::EpilogueArgs& epilogue, int8_t* band,
                          void* out) const {
  const InteriorOutputs rows = Interior(window.h);
  const bool padded =
      Interior(window.w).size() < window.w.out || begin < rows.begin || end > rows.end;
  const int64_t line =
      padded ? PaddedLine(window, in_channels_) : int64_t{window.w.in} * in_channels_;
  if (padded) PadLines(window, image, in_channels_, fill, begin, end, band);
  const int8_t* first =
      padded ? band
             : image + window.h.Begin(begin) * line + int64_t{window.w.Begin(0)} * in_channels_;
  kernels::GemmS8Args args = kernels::MakeGemmS8Args(single(), epilogue, 0, group_out_);
  args.a_row_stride = int64_t{window.w.stride} * in_channels_;
  args.a_segment_stride = window.h.dilation * line;
  args.m = window.w.out;
  args.out_row_stride = group_out_;
  const int64_t out_row_bytes = int64_t{window.w.out} * group_out_ * ElementBytes(epilogue);
  for (int32_t i = 0; i < end - begin; ++i) {
    args.a = first + i * window.h.stride * line;
    args.out = static_cast<std::byte*>(out) + i * out_row_bytes;
    single().variant->run(&args);
  }
}

int64_t GroupedGemm::MatrixRows(int64_t rows) const {
  constexpr int64_t kMatrixBytes = 1 << 20;
  constexpr int64_t kLeastRows = 64;
  return std::min(rows, std::max(kLeastRows, kMatrixBytes / group_k_ / kLeastRows * kLeastRows));
}

size_t GroupedGemm::MatrixBytes(int64_t rows) const {
  return RoundUp(MatrixRows(rows) * group_k_ + kernels::kGemmOverReadBytes, 64);
}

void GroupedGemm::GatherRows(const Window& window, const int8_t* images, int64_t image_size,
                             int8_t fill, int64_t begin, int64_t end, int8_t* patches) const {
  const int64_t pixels = window.out_pixels();
  for (int64_t row = begin; row < end; ++row, patches += group_k_) {
    const auto pixel = static_cast<int32_t>(row % pixels);
    GatherPatch(window, images + row / pixels * image_size, in_channels_, 0, in_channels_,
                pixel / window.w.out, pixel % window.w.out, fill, patches);
  }
}

size_t GroupedGemm::PatchBytes() const {
  return RoundUp(int64_t{block_pixels_} * group_k_ + kernels::kGemmOverReadBytes, 64);
}

size_t GroupedGemm::packed_bytes() const {
  size_t bytes = 0;
  for (const auto& group : groups_) {
    bytes += group.panels.size() + group.bias.size() * sizeof(int32_t);
  }
  return bytes;
}

}  // namespace octet::ops
