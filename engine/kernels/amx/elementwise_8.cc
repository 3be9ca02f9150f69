#include "engine/kernels/avx512vnni/elementwise_8_vectors.h"

namespace octet::kernels {
namespace {

// Every processor with AMX has AVX512-VBMI: a look-up in 128 entries by the low seven bits of each
// index. Two of them, and its top bit chooses.
void LookUp(const TableRun8& run) {
  const __m512i t0 = _mm512_loadu_si512(run.table);
  const __m512i t1 = _mm512_loadu_si512(run.table + 64);
  const __m512i t2 = _mm512_loadu_si512(run.table + 128);
  const __m512i t3 = _mm512_loadu_si512(run.table + 192);
  const auto look_up = [&](__m512i index) {
    const __m512i low = _mm512_permutex2var_epi8(t0, index, t1);
    const __m512i high = _mm512_permutex2var_epi8(t2, index, t3);
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(index), high);
  };
  int64_t i = 0;
  for (; i + 64 <= run.count; i += 64) {
    _mm512_storeu_si512(run.out + i, look_up(_mm512_loadu_si512(run.in + i)));
  }
  if (i == run.count) return;
  const __mmask64 rest = _cvtu64_mask64((uint64_t{1} << (run.count - i)) - 1);
  _mm512_mask_storeu_epi8(run.out + i, rest, look_up(_mm512_maskz_loadu_epi8(rest, run.in + i)));
}

}  // namespace

OCTET_DEFINE_ELEMENTWISE_8_AVX512(elementwise_8_amx, LookUp);

}  // namespace octet::kernels
