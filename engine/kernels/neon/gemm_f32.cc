#include "engine/kernels/gemm_f32.h"

#include <arm_neon.h>

#include "engine/kernels/gemm_f32_tiles.h"

namespace octet::kernels {
namespace {

struct Vectors {
  using Vector = float32x4_t;
  static constexpr int kLanes = 4;
  static constexpr int kPanels = 4;
  static Vector Load(const float* from) { return vld1q_f32(from); }
  static Vector Set1(float value) { return vdupq_n_f32(value); }
  static Vector MulAdd(Vector a, Vector b, Vector c) { return vfmaq_f32(c, a, b); }
  static Vector Min(Vector a, Vector b) { return vminq_f32(a, b); }
  static Vector Max(Vector a, Vector b) { return vmaxq_f32(a, b); }
  static void Store(float* to, Vector v) { vst1q_f32(to, v); }
  static void StoreSome(float* to, Vector v, int64_t count) {
    for (int64_t i = 0; i < count; ++i) to[i] = v[i];
  }
};

}  // namespace

OCTET_DEFINE_GEMM_F32(gemm_f32_neon, Vectors);

}  // namespace octet::kernels
