#include "engine/kernels/elementwise_8.h"

#include <arm_neon.h>

#include "engine/kernels/elementwise_8_loops.h"

namespace octet::kernels {
namespace {

// Four lookups of 64 entries each; an index outside of a part gives zero there.
void LookUp(const TableRun8& run) {
  uint8x16x4_t parts[4];
  for (int p = 0; p < 4; ++p) {
    for (int v = 0; v < 4; ++v) parts[p].val[v] = vld1q_u8(run.table + p * 64 + v * 16);
  }
  const uint8x16_t step = vdupq_n_u8(64);
  int64_t i = 0;
  for (; i + 16 <= run.count; i += 16) {
    uint8x16_t index = vld1q_u8(run.in + i);
    uint8x16_t found = vqtbl4q_u8(parts[0], index);
    for (int p = 1; p < 4; ++p) {
      index = vsubq_u8(index, step);
      found = vqtbx4q_u8(found, parts[p], index);
    }
    vst1q_u8(run.out + i, found);
  }
  TableLoop({run.in + i, run.out + i, run.count - i, run.table});
}

}  // namespace

OCTET_DEFINE_ELEMENTWISE_8(elementwise_8_neon, LookUp);

}  // namespace octet::kernels
