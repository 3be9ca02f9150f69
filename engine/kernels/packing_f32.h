// Packing of float weights, once, when a model is prepared.
#ifndef OCTET_ENGINE_KERNELS_PACKING_F32_H_
#define OCTET_ENGINE_KERNELS_PACKING_F32_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/aligned_buffer.h"
#include "engine/kernels/variants.h"

namespace octet::kernels {

// Right side of a GemmF32, packed for one kernel. Immutable once made.
struct PackedGemmF32 {
  const GemmF32* kernel = nullptr;
  int32_t n = 0;
  int32_t segments = 0;
  int32_t segment_length = 0;
  AlignedBuffer panels;
  int64_t panel_stride = 0;  // floats
  AlignedBuffer bias;        // padded to whole panels

  int64_t k() const { return int64_t{segments} * segment_length; }
  size_t bytes() const { return panels.size() + bias.size(); }
};

// Weights as [n][segments * segment_length]; `bias` is empty or has n entries.
// InvalidArgument where counts do not fit, ResourceExhausted where memory can't be had.
absl::StatusOr<PackedGemmF32> PackGemmF32(const GemmF32& kernel, int32_t n, int32_t segments,
                                          int32_t segment_length, absl::Span<const float> weights,
                                          absl::Span<const float> bias);

// Arguments with the right side of columns [n_begin, n_end) filled in, n_begin at a panel boundary.
// The caller adds a, m, the clamp, out and strides.
GemmF32Args MakeGemmF32Args(const PackedGemmF32& packed, int32_t n_begin, int32_t n_end);

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_PACKING_F32_H_
