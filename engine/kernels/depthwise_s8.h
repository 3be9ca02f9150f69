// Contract of the int8 depthwise convolutions:
//   out[x][c] = epilogue(bias[c] + sum_t input[tap(x,t)][c] * weights[t][c]).
#ifndef OCTET_ENGINE_KERNELS_DEPTHWISE_S8_H_
#define OCTET_ENGINE_KERNELS_DEPTHWISE_S8_H_

#include <cstdint>

#include "engine/kernels/requantize.h"

namespace octet::kernels {

// A kernel may read this many bytes past the last channel of any tap.
inline constexpr int64_t kDepthwiseOverReadBytes = 64;

// Arguments of one call: a row of output pixels. POD: leaves include it.
struct DepthwiseS8Args {
  // taps[x * tap_step + t] + x * tap_advance points at channel 0 of tap t of output pixel x: a
  // table of pointers, or, where all taps lie inside of the image, those of the first pixel alone
  // (tap_step 0). A tap that is padding points at a row of the input's zero point.
  const int8_t* const* taps;
  int32_t tap_count;
  int32_t tap_step;              // pointers from one output pixel's taps to the next one's
  int64_t tap_advance;           // bytes by which a pixel's taps lie further than its pointers say
  int32_t pixels;                // output pixels, any number >= 0
  int32_t channels;              // any number >= 0
  const int8_t* weights;         // first block, 64-byte aligned
  int64_t weights_block_stride;  // bytes from one channel block to the next
  const int32_t* bias;           // folded; padded to the channel tile, in the layout's order
  EpilogueArgs epilogue;
  void* out;                 // int8_t, or int32_t for kEpilogueInt32
  int64_t out_pixel_stride;  // elements of out
};

// Writes exactly pixels x channels elements of `out`. Thread-safe; keeps no state.
using DepthwiseS8Function = void (*)(const DepthwiseS8Args* args);

// How a variant wants the weights: blocks of `c_tile` channels; inside a block, for each group of
// `tap_group` taps: c_tile runs of tap_group codes, channel by channel. Taps are padded with zero
// weights to a multiple of tap_group; the kernel finds readable bytes for them by itself.
//
// Channels of a block go in the order in which byte interleaving leaves them in registers of
// `lanes` times 16 bytes: channel 16 l + 4 q + j of a block, q and j in [0, 4), stands at
// (q * lanes + l) * 4 + j. One lane is the natural order; else c_tile is 16 * lanes.
struct DepthwiseS8Layout {
  int32_t c_tile;
  int32_t tap_group;
  int32_t lanes;
  int32_t a_offset;  // as in GemmS8Layout
};

}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_DEPTHWISE_S8_H_
