#include "engine/kernels/avx512vnni/elementwise_8_vectors.h"

namespace octet::kernels {
namespace {

// Sixteen lookups of 16 entries each. A byte whose index lies outside of a part's 16 has its top
// bit set by the saturating addition, for which a shuffle gives zero.
void LookUp(const TableRun8& run) {
  __m512i parts[16];
  for (int p = 0; p < 16; ++p) {
    parts[p] = _mm512_broadcast_i32x4(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(run.table + p * 16)));
  }
  const __m512i outside = _mm512_set1_epi8(0x70);
  const __m512i step = _mm512_set1_epi8(16);
  int64_t i = 0;
  for (; i + 64 <= run.count; i += 64) {
    __m512i index = _mm512_loadu_si512(run.in + i);
    __m512i found = _mm512_setzero_si512();
    for (const __m512i part : parts) {
      found = _mm512_or_si512(found, _mm512_shuffle_epi8(part, _mm512_adds_epu8(index, outside)));
      index = _mm512_sub_epi8(index, step);
    }
    _mm512_storeu_si512(run.out + i, found);
  }
  TableLoop({run.in + i, run.out + i, run.count - i, run.table});
}

}  // namespace

OCTET_DEFINE_ELEMENTWISE_8_AVX512(elementwise_8_avx512vnni, LookUp);

}  // namespace octet::kernels
