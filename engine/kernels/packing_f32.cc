#include "engine/kernels/packing_f32.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"

namespace octet::kernels {

absl::StatusOr<PackedGemmF32> PackGemmF32(const GemmF32& kernel, int32_t n, int32_t segments,
                                          int32_t segment_length, absl::Span<const float> weights,
                                          absl::Span<const float> bias) {
  PackedGemmF32 packed;
  packed.kernel = &kernel;
  packed.n = n;
  packed.segments = segments;
  packed.segment_length = segment_length;
  const int64_t k = packed.k();
  const int64_t columns = RoundUp(n, kernel.lanes);
  int64_t values = 0;
  int64_t bytes = 0;
  if (!CheckedMul(k, columns, &values) || !CheckedMul(values, int64_t{sizeof(float)}, &bytes)) {
    return absl::ResourceExhaustedError(absl::StrCat("weight matrix of ", n, " x ", k));
  }
  if (static_cast<int64_t>(weights.size()) != k * n ||
      (!bias.empty() && static_cast<int64_t>(bias.size()) != n)) {
    return absl::InvalidArgumentError(absl::StrCat(weights.size(), " weights and ", bias.size(),
                                                   " biases for a matrix of ", n, " x ", k));
  }
  packed.panel_stride = k * kernel.lanes;
  packed.panels = AlignedBuffer(static_cast<size_t>(bytes));
  packed.bias = AlignedBuffer(static_cast<size_t>(columns) * sizeof(float));
  if (!packed.panels.ok() || !packed.bias.ok()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for packed weights: ", bytes, " bytes"));
  }
  for (int64_t c = 0; c < n; ++c) {
    float* column =
        packed.panels.as<float>() + c / kernel.lanes * packed.panel_stride + c % kernel.lanes;
    for (int64_t i = 0; i < k; ++i) column[i * kernel.lanes] = weights[c * k + i];
  }
  std::copy(bias.begin(), bias.end(), packed.bias.as<float>());
  return packed;
}

GemmF32Args MakeGemmF32Args(const PackedGemmF32& packed, int32_t n_begin, int32_t n_end) {
  GemmF32Args args{};
  args.segments = packed.segments;
  args.segment_length = packed.segment_length;
  args.n = n_end - n_begin;
  args.b = packed.panels.as<float>() + n_begin / packed.kernel->lanes * packed.panel_stride;
  args.b_panel_stride = packed.panel_stride;
  args.bias = packed.bias.as<float>() + n_begin;
  return args;
}

}  // namespace octet::kernels
