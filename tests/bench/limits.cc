#include "tests/bench/limits.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace octet {
namespace {

#if defined(__x86_64__)

// Each runs `rounds` rounds of independent products and returns how many multiplications one round
// has. The barriers keep the compiler from dropping, sharing or hoisting any.

__attribute__((target("avx2"))) int64_t MultiplyAvx2(int64_t rounds) {
  __m256i acc[8] = {}, a = _mm256_set1_epi16(1), b = _mm256_set1_epi16(2);
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) {
      asm volatile("" : "+x"(a));
      acc[j] = _mm256_add_epi32(acc[j], _mm256_madd_epi16(a, b));
    }
  }
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) asm volatile("" : : "x"(acc[j]));
  return 8 * 16;
}

__attribute__((target("avx2,avxvnni"))) int64_t MultiplyAvxVnni(int64_t rounds) {
  __m256i acc[12] = {}, a = _mm256_set1_epi8(1), b = _mm256_set1_epi8(2);
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < 12; ++j) {
      asm volatile("" : "+x"(a));
      acc[j] = _mm256_dpbusd_avx_epi32(acc[j], a, b);
    }
  }
#pragma GCC unroll 12
  for (int j = 0; j < 12; ++j) asm volatile("" : : "x"(acc[j]));
  return 12 * 32;
}

__attribute__((target("avx512f,avx512vnni"))) int64_t MultiplyAvx512Vnni(int64_t rounds) {
  __m512i acc[12] = {}, a = _mm512_set1_epi8(1), b = _mm512_set1_epi8(2);
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < 12; ++j) {
      asm volatile("" : "+v"(a));
      acc[j] = _mm512_dpbusd_epi32(acc[j], a, b);
    }
  }
#pragma GCC unroll 12
  for (int j = 0; j < 12; ++j) asm volatile("" : : "v"(acc[j]));
  return 12 * 64;
}

struct alignas(64) TileConfiguration {
  uint8_t palette = 1;
  uint8_t unused[15] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

__attribute__((target("amx-tile,amx-int8"))) int64_t MultiplyAmx(int64_t rounds) {
  static constexpr TileConfiguration kConfiguration;
  _tile_loadconfig(&kConfiguration);
  for (int64_t i = 0; i < rounds; ++i) {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  _tile_release();
  return 4 * 16 * 16 * 64;
}

using Multiply = int64_t (*)(int64_t);
Multiply MultiplyFor(Isa isa) {
  switch (isa) {
    case Isa::kAvx2:
      return &MultiplyAvx2;
    case Isa::kAvxVnni:
      return &MultiplyAvxVnni;
    case Isa::kAvx512Vnni:
      return &MultiplyAvx512Vnni;
    case Isa::kAmx:
      return &MultiplyAmx;
    default:
      return nullptr;
  }
}

#else

using Multiply = int64_t (*)(int64_t);
Multiply MultiplyFor(Isa) { return nullptr; }

#endif

}  // namespace

double MeasureLimit(Isa isa) {
  const Multiply multiply = MultiplyFor(isa);
  if (multiply == nullptr) return 0;
  constexpr int64_t kRounds = 200000;
  double best = 0;
  for (int i = 0; i < 10; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const int64_t each = multiply(kRounds);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    best = std::max(best, static_cast<double>(kRounds * each) / seconds.count());
  }
  return best;
}

}  // namespace octet
