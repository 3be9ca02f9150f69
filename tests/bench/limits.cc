#include "tests/bench/limits.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include "engine/base/aligned_buffer.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define OCTET_VECTOR_REGISTER "x"
#else
#define OCTET_VECTOR_REGISTER "w"
#endif

namespace octet {
namespace {

// Reads all bytes, a multiple of kReadBlock, once.
using Read = void (*)(const std::byte*, size_t);
constexpr size_t kReadBlock = 256;

[[maybe_unused]] void ReadWords(const std::byte* data, size_t bytes) {
  for (size_t i = 0; i < bytes; i += kReadBlock) {
#pragma GCC unroll 16
    for (size_t j = 0; j < kReadBlock; j += 16) {
      using Words [[gnu::vector_size(16)]] = uint64_t;
      const Words v = *reinterpret_cast<const Words*>(data + i + j);
      asm volatile("" : : OCTET_VECTOR_REGISTER(v));
    }
  }
}

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

__attribute__((target("avx2"))) void ReadAvx2(const std::byte* data, size_t bytes) {
  for (size_t i = 0; i < bytes; i += kReadBlock) {
#pragma GCC unroll 8
    for (size_t j = 0; j < kReadBlock; j += 32) {
      const __m256i v = _mm256_load_si256(reinterpret_cast<const __m256i*>(data + i + j));
      asm volatile("" : : "x"(v));
    }
  }
}

__attribute__((target("avx512f"))) void ReadAvx512(const std::byte* data, size_t bytes) {
  for (size_t i = 0; i < bytes; i += kReadBlock) {
#pragma GCC unroll 4
    for (size_t j = 0; j < kReadBlock; j += 64) {
      const __m512i v = _mm512_load_si512(data + i + j);
      asm volatile("" : : "v"(v));
    }
  }
}

Read ReadFor(IsaSet isas) {
  if (isas.Has(Isa::kAvx512Vnni)) return &ReadAvx512;
  return isas.Has(Isa::kAvx2) ? &ReadAvx2 : &ReadWords;
}

#else

using Multiply = int64_t (*)(int64_t);
Multiply MultiplyFor(Isa) { return nullptr; }
Read ReadFor(IsaSet) { return &ReadWords; }

#endif

// Bytes a second of one thread that reads through a buffer of its own again and again.
double MeasureReading(Read read, size_t bytes) {
  const AlignedBuffer buffer(bytes);
  if (!buffer.ok()) return 0;
  constexpr size_t kReadAtOnce = size_t{32} << 20;
  const size_t rounds = std::max<size_t>(kReadAtOnce / bytes, 1);
  double best = 0;
  for (int i = 0; i < 4; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    for (size_t round = 0; round < rounds; ++round) read(buffer.data(), bytes);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    best = std::max(best, static_cast<double>(rounds * bytes) / seconds.count());
  }
  return best;
}

// The sum of what `measure` finds on so many threads at once.
template <typename Measure>
double OnThreads(int threads, const Measure& measure) {
  std::vector<double> found(threads);
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([&, i] { found[i] = measure(); });
  found[0] = measure();
  for (std::thread& other : others) other.join();
  return std::accumulate(found.begin(), found.end(), 0.0);
}

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

MachineLimits MeasureLimits(IsaSet isas, int threads) {
  MachineLimits limits;
  for (const Isa isa : isas.Descending()) {
    limits.int8_macs_per_second = OnThreads(threads, [isa] { return MeasureLimit(isa); });
    if (limits.int8_macs_per_second > 0) break;
  }
  const Read read = ReadFor(isas);
  for (const size_t bytes :
       {size_t{16} << 10, size_t{256} << 10, size_t{1} << 20, size_t{8} << 20, size_t{64} << 20}) {
    const double speed = OnThreads(threads, [&] { return MeasureReading(read, bytes); });
    limits.readings.push_back({static_cast<int64_t>(bytes) * threads, speed});
  }
  return limits;
}

}  // namespace octet
