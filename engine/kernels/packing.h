// Packing of weights and folding of zero points, once, when a model is prepared.
#ifndef OCTET_ENGINE_KERNELS_PACKING_H_
#define OCTET_ENGINE_KERNELS_PACKING_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/aligned_buffer.h"
#include "engine/kernels/variants.h"

namespace octet::kernels {

// Right side of a GemmS8, packed for one variant. Immutable once made.
struct PackedGemmS8 {
  const GemmS8Variant* variant = nullptr;
  int32_t n = 0;
  int32_t segments = 0;
  int32_t segment_length = 0;
  AlignedBuffer panels;
  int64_t panel_stride = 0;   // bytes
  std::vector<int32_t> bias;  // folded, padded to the column tile
};

// Weights as [n][segments * segment_length] int8 codes with zero point 0; `bias` is empty or has n
// entries. Folds `input_zero_point` and the variant's a_offset into the bias.
//
// Errors: InvalidArgument where an accumulator could leave int32 for some input, judged by the
// actual weights (sum of |w| times the largest |code - zero point|, plus |bias|).
// ResourceExhausted where memory can't be had.
absl::StatusOr<PackedGemmS8> PackGemmS8(const GemmS8Variant& variant, int32_t n, int32_t segments,
                                        int32_t segment_length, absl::Span<const int8_t> weights,
                                        absl::Span<const int32_t> bias, int32_t input_zero_point);

// Per-column parameters, padded so that a kernel may read a whole column tile.
template <typename T>
std::vector<T> PadColumns(absl::Span<const T> values, int32_t tile) {
  std::vector<T> padded(values.begin(), values.end());
  padded.resize((values.size() + tile - 1) / tile * tile, T{});
  return padded;
}

// Arguments with the right side of columns [n_begin, n_end) filled in, n_begin at a panel boundary.
// The caller adds a, m, out and strides. `epilogue` holds the arrays of all columns.
GemmS8Args MakeGemmS8Args(const PackedGemmS8& packed, const EpilogueArgs& epilogue, int32_t n_begin,
                          int32_t n_end);

// Weights of a depthwise convolution, packed for one variant.
struct PackedDepthwiseS8 {
  const DepthwiseS8Variant* variant = nullptr;
  int32_t channels = 0;
  int32_t taps = 0;
  AlignedBuffer blocks;
  int64_t block_stride = 0;
  std::vector<int32_t> bias;
};

// Weights as [taps][channels] int8 codes with zero point 0. Bias, folding and errors as above.
absl::StatusOr<PackedDepthwiseS8> PackDepthwiseS8(const DepthwiseS8Variant& variant,
                                                  int32_t channels, int32_t taps,
                                                  absl::Span<const int8_t> weights,
                                                  absl::Span<const int32_t> bias,
                                                  int32_t input_zero_point);

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_PACKING_H_
