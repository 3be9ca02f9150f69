#include "engine/kernels/depthwise_s8.h"

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/epilogue_kinds.h"
#include "engine/kernels/neon/epilogue.h"

// Sixteen channels of a pixel at a time. Four taps are zipped byte by byte, so that each channel's
// four codes stand together, as SDOT wants them: 12 instructions for 64 products, where widening
// takes 16 without -128 among the weights and 24 with it.
namespace octet::kernels {
namespace {

constexpr int kChannels = 16;
constexpr int kTaps = 4;

inline int8x16_t ZipPairs1(int8x16_t a, int8x16_t b) {
  return vreinterpretq_s8_s16(vzip1q_s16(vreinterpretq_s16_s8(a), vreinterpretq_s16_s8(b)));
}
inline int8x16_t ZipPairs2(int8x16_t a, int8x16_t b) {
  return vreinterpretq_s8_s16(vzip2q_s16(vreinterpretq_s16_s8(a), vreinterpretq_s16_s8(b)));
}

// acc += a group of four taps of sixteen channels.
inline void AddTaps(int8x16_t tap0, int8x16_t tap1, int8x16_t tap2, int8x16_t tap3, const int8_t* w,
                    int32x4_t (&acc)[4]) {
  const int8x16_t low01 = vzip1q_s8(tap0, tap1);
  const int8x16_t high01 = vzip2q_s8(tap0, tap1);
  const int8x16_t low23 = vzip1q_s8(tap2, tap3);
  const int8x16_t high23 = vzip2q_s8(tap2, tap3);
  acc[0] = vdotq_s32(acc[0], ZipPairs1(low01, low23), vld1q_s8(w));
  acc[1] = vdotq_s32(acc[1], ZipPairs2(low01, low23), vld1q_s8(w + 16));
  acc[2] = vdotq_s32(acc[2], ZipPairs1(high01, high23), vld1q_s8(w + 32));
  acc[3] = vdotq_s32(acc[3], ZipPairs2(high01, high23), vld1q_s8(w + 48));
}

// The last one to three taps: those that are missing meet zero weights.
inline void AddLastTaps(const int8_t* const* taps, int64_t at, int64_t rest, const int8_t* w,
                        int32x4_t (&acc)[4]) {
  const int8x16_t first = vld1q_s8(taps[0] + at);
  if (rest == 1) return AddTaps(first, first, first, first, w, acc);
  const int8x16_t second = vld1q_s8(taps[1] + at);
  AddTaps(first, second, rest == 2 ? first : vld1q_s8(taps[2] + at), first, w, acc);
}

template <int kKind>
void MultiplyRow(const DepthwiseS8Args& args) {
  const DepthwiseS8Args d = args;  // a copy that no store can alias
  for (int64_t c = 0; c < d.channels; c += kChannels) {
    const int count = d.channels - c < kChannels ? static_cast<int>(d.channels - c) : kChannels;
    const int8_t* weights = d.weights + c / kChannels * d.weights_block_stride;
    for (int64_t x = 0; x < d.pixels; ++x) {
      const int8_t* const* taps = d.taps + x * d.tap_step;
      const int64_t at = c + x * d.tap_advance;
      const int8_t* w = weights;
      int32x4_t acc[4];
      for (int q = 0; q < 4; ++q) acc[q] = vld1q_s32(d.bias + c + 4 * q);
      int64_t rest = d.tap_count;
      for (; rest >= kTaps; rest -= kTaps, taps += kTaps, w += kTaps * kChannels) {
        AddTaps(vld1q_s8(taps[0] + at), vld1q_s8(taps[1] + at), vld1q_s8(taps[2] + at),
                vld1q_s8(taps[3] + at), w, acc);
      }
      if (rest > 0) AddLastTaps(taps, at, rest, w, acc);
      StoreColumns16<kKind>(acc, d.epilogue, c, count, d.out, x * d.out_pixel_stride + c);
    }
  }
}

}  // namespace

void depthwise_s8s8s32_16x4_neondot(const DepthwiseS8Args* args) {
  WithEpilogueKind(args->epilogue.kind, [&]<int kKind>() { MultiplyRow<kKind>(*args); });
}

}  // namespace octet::kernels
