#include "engine/kernels/depthwise_s8.h"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/avxvnni/depthwise_tile.h"
#include "engine/kernels/avxvnni/depthwise_ymm.h"
#include "engine/kernels/epilogue_kinds.h"

namespace octet::kernels {
namespace {

constexpr int kLanes = 2;

template <int kKind>
void MultiplyRow(const DepthwiseS8Args& d) {
  for (int64_t c = 0; c < d.channels; c += DepthwiseYmm::kChannels) {
    const int64_t rest = d.channels - c;
    const int count =
        rest < DepthwiseYmm::kChannels ? static_cast<int>(rest) : DepthwiseYmm::kChannels;
    MultiplyChannels<DepthwiseYmm, kLanes, kKind, 0>(d, c, count);
  }
}

}  // namespace

void depthwise_s8s8s32_32x4_avxvnni(const DepthwiseS8Args* args) {
  WithEpilogueKind(args->epilogue.kind, [&]<int kKind>() { MultiplyRow<kKind>(*args); });
}

}  // namespace octet::kernels
