#include "engine/kernels/gemm_f32.h"

#include <immintrin.h>

#include "engine/kernels/gemm_f32_tiles.h"

namespace octet::kernels {
namespace {

struct Vectors {
  using Vector = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kPanels = 4;
  static Vector Load(const float* from) { return _mm512_loadu_ps(from); }
  static Vector Set1(float value) { return _mm512_set1_ps(value); }
  static Vector MulAdd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  static Vector Min(Vector a, Vector b) { return _mm512_min_ps(a, b); }
  static Vector Max(Vector a, Vector b) { return _mm512_max_ps(a, b); }
  static void Store(float* to, Vector v) { _mm512_storeu_ps(to, v); }
  static void StoreSome(float* to, Vector v, int64_t count) {
    if (count > 0) _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), v);
  }
};

}  // namespace

OCTET_DEFINE_GEMM_F32(gemm_f32_avx512vnni, Vectors);

}  // namespace octet::kernels
