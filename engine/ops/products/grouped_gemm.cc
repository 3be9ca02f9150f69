#include "engine/ops/products/grouped_gemm.h"

#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/ops/products/output_stage.h"
#include "engine/ops/spatial/patches.h"

namespace octet::ops {

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
  problem.has_minus_128 =
      std::find(weights.codes.begin(), weights.codes.end(), -128) != weights.codes.end();
  const kernels::GemmS8Variant& variant = kernels::SelectGemmS8(problem, isas);
  const int64_t n = gemm.group_out_;
  const int64_t group_codes = n * gemm.group_k_ * weights.passes;
  for (int64_t g = 0; g < setup.groups; ++g) {
    OCTET_ASSIGN_OR_RETURN(
        auto packed,
        kernels::PackGemmS8(variant, gemm.group_out_, weights.passes, gemm.group_k_,
                            weights.codes.subspan(g * group_codes, group_codes),
                            bias.empty() ? bias : bias.subspan(g * n, n), input_zero_point));
    gemm.groups_.push_back(std::move(packed));
  }
  return gemm;
}

void GroupedGemm::RunBlock(const Window& window, const int8_t* image, int8_t fill,
                           const PixelBlock& block, const kernels::EpilogueArgs& epilogue,
                           int8_t* patches, void* out, int64_t out_row_stride) const {
  const int64_t element = epilogue.kind == kernels::kEpilogueInt32 ? 4 : 1;
  for (size_t g = 0; g < groups_.size(); ++g) {
    const auto channel = static_cast<int32_t>(g) * group_in_;
    for (int64_t i = 0; i < block.count; ++i) {
      const auto pixel = static_cast<int32_t>(block.begin + i);
      GatherPatch(window, image, in_channels_, channel, group_in_, pixel / window.w.out,
                  pixel % window.w.out, fill, patches + i * group_k_);
    }
    if (flip_) FlipSigns(patches, block.count * group_k_, patches);
    const auto first_column = static_cast<int32_t>(g) * group_out_;
    kernels::GemmS8Args args =
        kernels::MakeGemmS8Args(groups_[g], EpilogueFrom(epilogue, first_column), 0, group_out_);
    args.a = patches;
    args.a_row_stride = group_k_;
    args.m = static_cast<int32_t>(block.count);
    args.out = static_cast<std::byte*>(out) + first_column * element;
    args.out_row_stride = out_row_stride;
    groups_[g].variant->run(&args);
  }
  if (flip_ && epilogue.kind != kernels::kEpilogueInt32) {
    FlipSigns(out, block.count * out_row_stride, out);
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
