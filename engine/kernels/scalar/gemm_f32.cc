#include "engine/kernels/gemm_f32.h"

#include "engine/kernels/gemm_f32_tiles.h"

namespace octet::kernels {
namespace {

// a * b + c rounded once, as other processors' fused product: the product is exact in double, the
// sum is rounded to odd there, which the last rounding cannot tell from the exact one (Boldo and
// Melquiond, "Emulation of FMA and correctly rounded sums").
inline float FusedMulAdd(float a, float b, float c) {
  const double product = static_cast<double>(a) * b;
  double sum = product + c;
  const double of_c = sum - product;
  const double rest = (product - (sum - of_c)) + (c - of_c);
  int64_t bits;
  __builtin_memcpy(&bits, &sum, sizeof(bits));
  // No rest either where the sum is not finite: it is NaN then.
  if ((rest > 0 || rest < 0) && (bits & 1) == 0) {
    bits += (rest > 0) == (sum > 0) ? 1 : -1;
    __builtin_memcpy(&sum, &bits, sizeof(sum));
  }
  return static_cast<float>(sum);
}

// The compiler's vectors of the baseline processor, which has no fused product.
struct Vectors {
  typedef float Vector __attribute__((vector_size(16)));
  static constexpr int kLanes = 4;
  static constexpr int kPanels = 2;
  static Vector Load(const float* from) {
    Vector v;
    __builtin_memcpy(&v, from, sizeof(v));
    return v;
  }
  static Vector Set1(float value) { return Vector{value, value, value, value}; }
  static Vector MulAdd(Vector a, Vector b, Vector c) {
    Vector v;
    for (int i = 0; i < kLanes; ++i) v[i] = FusedMulAdd(a[i], b[i], c[i]);
    return v;
  }
  static Vector Min(Vector a, Vector b) { return a < b ? a : b; }
  static Vector Max(Vector a, Vector b) { return a > b ? a : b; }
  static void Store(float* to, Vector v) { __builtin_memcpy(to, &v, sizeof(v)); }
  static void StoreSome(float* to, Vector v, int64_t count) {
    for (int64_t i = 0; i < count; ++i) to[i] = v[i];
  }
};

}  // namespace

OCTET_DEFINE_GEMM_F32(gemm_f32_scalar, Vectors);

}  // namespace octet::kernels
