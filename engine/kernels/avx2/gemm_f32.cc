#include "engine/kernels/gemm_f32.h"

#include <immintrin.h>

#include "engine/kernels/gemm_f32_tiles.h"

namespace octet::kernels {
namespace {

struct Vectors {
  using Vector = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kPanels = 2;
  static Vector Load(const float* from) { return _mm256_loadu_ps(from); }
  static Vector Set1(float value) { return _mm256_set1_ps(value); }
  static Vector MulAdd(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  static Vector Min(Vector a, Vector b) { return _mm256_min_ps(a, b); }
  static Vector Max(Vector a, Vector b) { return _mm256_max_ps(a, b); }
  static void Store(float* to, Vector v) { _mm256_storeu_ps(to, v); }
  static void StoreSome(float* to, Vector v, int64_t count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i wanted = _mm256_set1_epi32(static_cast<int32_t>(count));
    _mm256_maskstore_ps(to, _mm256_cmpgt_epi32(wanted, lane), v);
  }
};

}  // namespace

OCTET_DEFINE_GEMM_F32(gemm_f32_avx2, Vectors);

}  // namespace octet::kernels
