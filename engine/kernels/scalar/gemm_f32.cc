#include "engine/kernels/gemm_f32.h"

#include "engine/kernels/gemm_f32_tiles.h"

namespace octet::kernels {
namespace {

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
  static Vector MulAdd(Vector a, Vector b, Vector c) { return a * b + c; }
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
