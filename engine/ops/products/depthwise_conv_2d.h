// DEPTHWISE_CONV_2D, shared by its type combinations.
#ifndef OCTET_ENGINE_OPS_PRODUCTS_DEPTHWISE_CONV_2D_H_
#define OCTET_ENGINE_OPS_PRODUCTS_DEPTHWISE_CONV_2D_H_

#include <vector>

#include "engine/base/checked_math.h"
#include "engine/kernels/packing.h"
#include "engine/ops/products/unsigned_codes.h"
#include "engine/ops/spatial/banded_op.h"
#include "engine/ops/spatial/conv_common.h"

namespace octet::ops {

// Checked parameters and constants. Weights are [1][kernel_h][kernel_w][out_channels]; output
// channel c reads input channel c / multiplier.
struct DepthwiseSetup {
  ConvParams params;
  int32_t multiplier = 1;
  Activation activation = Activation::kNone;
  const TensorDef* weights = nullptr;
  const TensorDef* bias = nullptr;  // null: none
};

absl::StatusOr<DepthwiseSetup> SetUpDepthwise(const PrepareContext& context);

// Packed int8 weights and how to run them over rows of output pixels. Immutable.
class DepthwiseGemm {
 public:
  // `weights` in the file's order; `input_zero_point` is that of an int8 code.
  static absl::StatusOr<DepthwiseGemm> Make(const DepthwiseSetup& setup,
                                            const KernelWeights& weights,
                                            absl::Span<const int32_t> bias,
                                            int32_t input_zero_point, IsaSet isas);

  // Scratch for RunRow over images of this width.
  size_t ScratchBytes(int32_t in_width, int32_t out_width) const;

  // Convolves output row `oy` of an image ([h][w][in_channels]) of which `image` has at least the
  // rows that the window touches; taps outside of it read as `fill`, as the bytes of the image.
  // Writes out[w.out][out_channels], dense: int8_t, or int32_t for an int32 epilogue.
  void RunRow(const Window& window, const ImageRows& image, int8_t fill, int32_t oy,
              const kernels::EpilogueArgs& epilogue, std::byte* scratch, void* out) const;

  // How often an epilogue's arrays must hold all channels one after the other.
  int32_t repeats() const { return repeats_; }
  int32_t c_tile() const { return packed_.variant->layout.c_tile; }
  size_t packed_bytes() const {
    return packed_.blocks.size() + packed_.bias.size() * sizeof(int32_t);
  }

 private:
  // A row of the image as the kernel reads it: itself, or, in `expanded`, with each channel
  // repeated `multiplier_` times and as int8 codes.
  const int8_t* ReadableRow(const int8_t* row, int32_t width, int8_t* expanded) const;

  size_t PointerBytes(int32_t out_width) const {
    return RoundUp((int64_t{out_width} * packed_.taps + taps_h_) * sizeof(void*), 64);
  }

  // The part of a row that one set of pointers serves.
  void RunTogether(kernels::DepthwiseS8Args args, const WindowAxis& axis,
                   absl::Span<const int8_t* const> rows, int32_t begin, int32_t end,
                   int64_t pixel_bytes, const int8_t** pointers, std::byte* out) const;

  // Pointers at the taps of output pixels [begin, end) of a row; `rows` are the window's rows of
  // the image, null where they are padding.
  void PointAtTaps(const WindowAxis& axis, absl::Span<const int8_t* const> rows, const int8_t* fill,
                   int32_t begin, int32_t end, const int8_t** pointers) const;

  int32_t taps_h_ = 1;
  int32_t taps_w_ = 1;
  int32_t in_channels_ = 0;
  int32_t multiplier_ = 1;
  int32_t passes_ = 1;
  bool flip_ = false;
  // Neighbouring pixels whose channels together fill the kernel's vectors: in the interior of a row
  // with stride 1 they are one pixel of `repeats_` times the channels, whose weights repeat.
  int32_t repeats_ = 1;
  int32_t channels_ = 0;
  kernels::PackedDepthwiseS8 packed_;
};

PreparedOp PrepareDepthwiseConv2DS8(const PrepareContext& context);
PreparedOp PrepareDepthwiseConv2DF32(const PrepareContext& context);
PreparedOp PrepareDepthwiseConv2DHybrid(const PrepareContext& context);
PreparedOp PrepareDepthwiseConv2DU8(const PrepareContext& context);
PreparedOp PrepareDepthwiseConv2DS16(const PrepareContext& context);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_PRODUCTS_DEPTHWISE_CONV_2D_H_
