#include "engine/kernels/elementwise_8.h"

#include <immintrin.h>

#include "engine/kernels/elementwise_8_loops.h"

namespace octet::kernels {
namespace {

// Sixteen lookups of 16 entries each. A byte whose index lies outside of a part's 16 has its top
// bit set by the saturating addition, for which a shuffle gives zero.
void LookUp(const TableRun8& run) {
  __m256i parts[16];
  for (int p = 0; p < 16; ++p) {
    parts[p] = _mm256_broadcastsi128_si256(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(run.table + p * 16)));
  }
  const __m256i outside = _mm256_set1_epi8(0x70);
  const __m256i step = _mm256_set1_epi8(16);
  int64_t i = 0;
  for (; i + 32 <= run.count; i += 32) {
    __m256i index = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(run.in + i));
    __m256i found = _mm256_setzero_si256();
    for (const __m256i part : parts) {
      found = _mm256_or_si256(found, _mm256_shuffle_epi8(part, _mm256_adds_epu8(index, outside)));
      index = _mm256_sub_epi8(index, step);
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(run.out + i), found);
  }
  TableLoop({run.in + i, run.out + i, run.count - i, run.table});
}

}  // namespace

OCTET_DEFINE_ELEMENTWISE_8(elementwise_8_avx2, LookUp);

}  // namespace octet::kernels
