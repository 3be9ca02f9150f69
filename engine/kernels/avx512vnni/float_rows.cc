#include "engine/kernels/float_rows.h"

#include <immintrin.h>

#include "engine/kernels/float_rows_loops.h"

namespace octet::kernels {
namespace {

// Codes with the instruction that narrows them, which compilers do not choose.
struct ZmmCoder {
  static void HalfEven(const FloatCodesRun& run) {
    Run(run, [](__m512 x) { return _mm512_cvtps_epi32(x); });
  }

  static void HalfAway(const FloatCodesRun& run) {
    // As LoopCoder has it.
    const __m512 half = _mm512_set1_ps(0.49999997f);
    const __m512 sign = _mm512_set1_ps(-0.0f);
    Run(run, [half, sign](__m512 x) {
      const __m512 towards = _mm512_or_ps(half, _mm512_and_ps(x, sign));
      return _mm512_cvttps_epi32(_mm512_add_ps(x, towards));
    });
  }

 private:
  template <typename Round>
  static void Run(const FloatCodesRun& run, Round round) {
    const __m512 inverse = _mm512_set1_ps(run.inverse);
    const __m512 lo = _mm512_set1_ps(run.lo);
    const __m512 hi = _mm512_set1_ps(run.hi);
    const __m512i zero_point = _mm512_set1_epi32(static_cast<int32_t>(run.zero_point));
    const auto codes_of = [&](__m512 values) {
      const __m512 scaled = _mm512_mul_ps(values, inverse);
      const __m512 inside = _mm512_min_ps(_mm512_max_ps(scaled, lo), hi);
      return _mm512_add_epi32(round(inside), zero_point);
    };
    int64_t i = 0;
    for (; i + 16 <= run.count; i += 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(run.codes + i),
                       _mm512_cvtepi32_epi8(codes_of(_mm512_loadu_ps(run.values + i))));
    }
    if (i == run.count) return;
    const auto rest = static_cast<__mmask16>((1u << (run.count - i)) - 1);
    _mm512_mask_cvtepi32_storeu_epi8(run.codes + i, rest,
                                     codes_of(_mm512_maskz_loadu_ps(rest, run.values + i)));
  }
};

}  // namespace

OCTET_DEFINE_FLOAT_ROWS(float_rows_avx512vnni, ZmmCoder);

}  // namespace octet::kernels
