// The int8 matrix products of a convolution, one for each group of channels.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_GROUPED_GEMM_H_
#define OCTET_ENGINE_OPS_PRODUCTS_GROUPED_GEMM_H_

#include <cstddef>
#include <vector>

#include "engine/kernels/packing.h"
#include "engine/ops/products/conv_2d.h"
#include "engine/ops/products/unsigned_codes.h"

namespace octet::ops {

// Packed weights of all groups, and how to run them over a block of output pixels. Immutable.
class GroupedGemm {
 public:
  // `weights` in the file's order. Folds `input_zero_point`, that of an int8 code, into `bias`
  // (empty, or one entry an output channel).
  static absl::StatusOr<GroupedGemm> Make(const Conv2DSetup& setup, const KernelWeights& weights,
                                          absl::Span<const int32_t> bias, int32_t input_zero_point,
                                          IsaSet isas);

  // Convolves one block of pixels of `image` ([h][w][in_channels]); taps outside of it read as
  // `fill`, as the bytes of the image. Writes all output channels, pixel after pixel,
  // `out_row_stride` elements apart, from `out` on: int8_t, or int32_t for an int32 epilogue.
  // `patches` is PatchBytes() of scratch.
  void RunBlock(const Window& window, const int8_t* image, int8_t fill, const PixelBlock& block,
                const kernels::EpilogueArgs& epilogue, int8_t* patches, void* out,
                int64_t out_row_stride) const;

  // Whether RunRows serves images of this window: it reads most taps where they lie, which pays
  // where output rows are long.
  bool ReadsInPlace(const Window& window) const;

  // Whether PaddedProduct serves images of this window better than any other way.
  bool MultipliesPadded(const Window& window) const;

  // Output rows that a call of RunRows should have, and the scratch that it needs for them.
  int32_t BandRows(const Window& window) const;
  size_t BandBytes(const Window& window) const;

  // The same for output rows [begin, end) of an image, at most BandRows, written to `out` on,
  // dense. `band` is BandBytes() of scratch. Requires ReadsInPlace.
  void RunRows(const Window& window, const int8_t* image, int8_t fill, int32_t begin, int32_t end,
               const kernels::EpilogueArgs& epilogue, int8_t* band, void* out) const;

  // Whether a block of patches has so few rows that the weights would pass by too often: then
  // GatherRows and one product over many more rows are quicker. For kernels that finish themselves.
  bool prefers_whole() const { return !flip_ && !is_grouped() && group_k_ >= kLongPatch; }

  // Rows of a matrix of patches that stays in a second-level cache, at most `rows`, and its bytes.
  int64_t MatrixRows(int64_t rows) const;
  size_t MatrixBytes(int64_t rows) const;

  // Writes the patches of pixels [begin, end), numbered through all images, which are `image_size`
  // apart. Requires prefers_whole.
  void GatherRows(const Window& window, const int8_t* images, int64_t image_size, int8_t fill,
                  int64_t begin, int64_t end, int8_t* patches) const;

  // Pixels that a block should have, and the scratch that RunBlock needs for one.
  int32_t block_pixels() const { return block_pixels_; }
  size_t PatchBytes() const;

  // All columns of an ungrouped convolution.
  const kernels::PackedGemmS8& single() const { return groups_[0]; }
  // Whether the image and, but for an int32 epilogue, the results are uint8.
  bool flips() const { return flip_; }
  bool is_grouped() const { return groups_.size() > 1; }
  int32_t n_tile() const { return groups_[0].variant->layout.n_tile; }
  size_t packed_bytes() const;

 private:
  static constexpr int32_t kLongPatch = 1024;

  // Convolves one group's channels at a block of pixels, as rows of patches. Writes pixel i at
  // out + i * out_row_stride elements; codes of uint8 are left as the kernel wrote them.
  void RunPixels(const Window& window, const int8_t* image, int8_t fill, const PixelBlock& block,
                 size_t group, const kernels::EpilogueArgs& epilogue, int8_t* patches, void* out,
                 int64_t out_row_stride) const;

  // Whether each line of a window is a segment that lies in one piece in the image, or in a copy of
  // it with its padding.
  bool IsSegmented(const Window& window) const;

  int32_t in_channels_ = 0;
  int32_t group_in_ = 0;
  int32_t group_out_ = 0;
  int32_t group_k_ = 0;
  int32_t segment_length_ = 0;  // codes of a patch that are one segment for the kernel
  int32_t block_pixels_ = 0;
  bool flip_ = false;
  std::vector<kernels::PackedGemmS8> groups_;
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_GROUPED_GEMM_H_
