#include "engine/kernels/packing.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"

namespace octet::kernels {
namespace {

// Sums over the weights of one output column or channel.
struct WeightSums {
  int64_t sum = 0;
  int64_t magnitude = 0;

  void Add(int8_t w) {
    sum += w;
    magnitude += std::abs(int{w});
  }
};

absl::Status CheckZeroPoint(int32_t zero_point) {
  if (zero_point >= -128 && zero_point <= 127) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input zero point ", zero_point, " is no int8 code"));
}

template <typename T>
absl::Status CheckCount(absl::string_view what, absl::Span<const T> values, int64_t expected) {
  if (static_cast<int64_t>(values.size()) == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " has ", values.size(), " values, expected ", expected));
}

absl::Status CheckBiasCount(absl::Span<const int32_t> bias, int64_t expected) {
  if (bias.empty()) return absl::OkStatus();
  return CheckCount("bias", bias, expected);
}

// The bias that makes a kernel's sum over raw codes (plus a_offset) equal the sum over
// code - zero_point. It is right modulo 2^32, which is enough: the final sum fits.
absl::StatusOr<int32_t> FoldBias(int64_t column, const WeightSums& sums, int32_t bias,
                                 int32_t zero_point, int32_t a_offset) {
  const int64_t reach = std::max(127 - zero_point, zero_point + 128);
  const int64_t limit = std::numeric_limits<int32_t>::max() - std::abs(int64_t{bias});
  if (sums.magnitude > limit / reach) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the sum of output channel ", column, " can leave 32 bits: weights of total magnitude ",
        sums.magnitude, ", input codes up to ", reach, " from the zero point, bias ", bias));
  }
  const int64_t folded = bias - (int64_t{zero_point} + a_offset) * sums.sum;
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(folded)));
}

absl::StatusOr<AlignedBuffer> Allocate(int64_t count, int64_t stride) {
  int64_t bytes = 0;
  if (CheckedMul(count, stride, &bytes)) {
    AlignedBuffer buffer(static_cast<size_t>(bytes));
    if (buffer.ok()) return buffer;
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("no memory for packed weights: ", count, " blocks of ", stride, " bytes"));
}

// One column of a panel; `k_padded` is one segment's share of it.
void PackColumn(const GemmS8Layout& layout, const PackedGemmS8& packed, int64_t k_padded,
                int32_t lane, const int8_t* weights, int8_t* panel) {
  const int64_t group_bytes = int64_t{layout.n_tile} * layout.k_group;
  for (int64_t s = 0; s < packed.segments; ++s) {
    for (int64_t k = 0; k < packed.segment_length; ++k) {
      const int64_t position = s * k_padded + k;
      panel[position / layout.k_group * group_bytes + int64_t{lane} * layout.k_group +
            position % layout.k_group] = weights[s * packed.segment_length + k];
    }
  }
}

// Where channel `c` of a block stands.
int32_t PlaceInBlock(const DepthwiseS8Layout& layout, int32_t c) {
  return layout.lanes == 1 ? c : (c % 16 / 4 * layout.lanes + c / 16) * 4 + c % 4;
}

}  // namespace

absl::StatusOr<PackedGemmS8> PackGemmS8(const GemmS8Variant& variant, int32_t n, int32_t segments,
                                        int32_t segment_length, absl::Span<const int8_t> weights,
                                        absl::Span<const int32_t> bias, int32_t input_zero_point) {
  const GemmS8Layout& layout = variant.layout;
  if (n < 0 || segments < 0 || segment_length < 0) {
    return absl::InvalidArgumentError(absl::StrCat("negative size of a weight matrix: ", n, " x ",
                                                   segments, " x ", segment_length));
  }
  const int64_t k = int64_t{segments} * segment_length;
  const int64_t k_padded = RoundUp(segment_length, layout.k_align);
  int64_t codes = 0, padded_codes = 0, panel_bytes = 0;
  if (!CheckedMul(k, int64_t{n}, &codes) ||
      !CheckedMul(k_padded, int64_t{segments}, &padded_codes) ||
      !CheckedMul(padded_codes, int64_t{layout.n_tile}, &panel_bytes)) {
    return absl::ResourceExhaustedError(absl::StrCat("weight matrix of ", n, " x ", k, " codes"));
  }
  OCTET_RETURN_IF_ERROR(CheckCount("weight matrix", weights, codes));
  OCTET_RETURN_IF_ERROR(CheckBiasCount(bias, n));
  OCTET_RETURN_IF_ERROR(CheckZeroPoint(input_zero_point));

  PackedGemmS8 packed{&variant, n, segments, segment_length, {}, RoundUp(panel_bytes, 64), {}};
  OCTET_ASSIGN_OR_RETURN(packed.panels, Allocate(CeilDiv(n, layout.n_tile), packed.panel_stride));
  packed.bias.resize(RoundUp(n, layout.n_tile));
  for (int32_t column = 0; column < n; ++column) {
    const int8_t* source = weights.data() + column * k;
    WeightSums sums;
    for (int64_t i = 0; i < k; ++i) sums.Add(source[i]);
    OCTET_ASSIGN_OR_RETURN(
        packed.bias[column],
        FoldBias(column, sums, bias.empty() ? 0 : bias[column], input_zero_point, layout.a_offset));
    if (k == 0) continue;
    PackColumn(layout, packed, k_padded, column % layout.n_tile, source,
               packed.panels.as<int8_t>() + column / layout.n_tile * packed.panel_stride);
  }
  return packed;
}

GemmS8Args MakeGemmS8Args(const PackedGemmS8& packed, const EpilogueArgs& epilogue, int32_t n_begin,
                          int32_t n_end) {
  GemmS8Args args = {};
  args.segments = packed.segments;
  args.segment_length = packed.segment_length;
  args.n = n_end - n_begin;
  args.b =
      packed.panels.as<int8_t>() + n_begin / packed.variant->layout.n_tile * packed.panel_stride;
  args.b_panel_stride = packed.panel_stride;
  args.bias = packed.bias.data() + n_begin;
  args.epilogue = epilogue;
  if (epilogue.multiplier != nullptr) args.epilogue.multiplier += n_begin;
  if (epilogue.exponent != nullptr) args.epilogue.exponent += n_begin;
  if (epilogue.scale != nullptr) args.epilogue.scale += n_begin;
  if (epilogue.scale64 != nullptr) args.epilogue.scale64 += n_begin;
  return args;
}

absl::StatusOr<PackedDepthwiseS8> PackDepthwiseS8(const DepthwiseS8Variant& variant,
                                                  int32_t channels, int32_t taps,
                                                  absl::Span<const int8_t> weights,
                                                  absl::Span<const int32_t> bias,
                                                  int32_t input_zero_point) {
  const DepthwiseS8Layout& layout = variant.layout;
  if (channels < 0 || taps < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("negative size of depthwise weights: ", taps, " x ", channels));
  }
  OCTET_RETURN_IF_ERROR(CheckCount("depthwise weights", weights, int64_t{taps} * channels));
  OCTET_RETURN_IF_ERROR(CheckBiasCount(bias, channels));
  OCTET_RETURN_IF_ERROR(CheckZeroPoint(input_zero_point));

  const int64_t block_bytes = RoundUp(taps, layout.tap_group) * layout.c_tile;
  PackedDepthwiseS8 packed{&variant, channels, taps, {}, RoundUp(block_bytes, 64), {}};
  OCTET_ASSIGN_OR_RETURN(packed.blocks,
                         Allocate(CeilDiv(channels, layout.c_tile), packed.block_stride));
  packed.bias.resize(RoundUp(channels, layout.c_tile));
  const int64_t group_bytes = int64_t{layout.c_tile} * layout.tap_group;
  for (int32_t c = 0; c < channels; ++c) {
    const int32_t place = PlaceInBlock(layout, c % layout.c_tile);
    const int64_t lane = int64_t{place} * layout.tap_group;
    const int64_t block = c / layout.c_tile * packed.block_stride;
    WeightSums sums;
    for (int64_t t = 0; t < taps; ++t) {
      const int8_t w = weights[t * channels + c];
      sums.Add(w);
      packed.blocks
          .as<int8_t>()[block + t / layout.tap_group * group_bytes + lane + t % layout.tap_group] =
          w;
    }
    OCTET_ASSIGN_OR_RETURN(
        packed.bias[c / layout.c_tile * layout.c_tile + place],
        FoldBias(c, sums, bias.empty() ? 0 : bias[c], input_zero_point, layout.a_offset));
  }
  return packed;
}

}  // namespace octet::kernels
