// The kernels for 8-bit codes of every set with AVX-512; only how tables are read differs. For
// leaves; all names are internal.
#ifndef OCTET_ENGINE_KERNELS_AVX512VNNI_ELEMENTWISE_8_VECTORS_H_
#define OCTET_ENGINE_KERNELS_AVX512VNNI_ELEMENTWISE_8_VECTORS_H_

#include <immintrin.h>

#include "engine/kernels/avx512vnni/epilogue.h"
#include "engine/kernels/elementwise_8.h"
#include "engine/kernels/elementwise_8_loops.h"

namespace octet::kernels {
namespace {

// Thirty-two codes as 16-bit numbers.
__m512i Widen(const int8_t* p) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
__m512i Widen(const uint8_t* p) {
  return _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}

template <typename T>
__m512i Words(const void* codes, int64_t i, int32_t step) {
  const T* p = static_cast<const T*>(codes);
  return step == 0 ? _mm512_set1_epi16(p[0]) : Widen(p + i);
}
template <typename T>
__m512i Centred(const void* codes, int64_t i, int32_t step, __m512i zero) {
  return _mm512_sub_epi16(Words<T>(codes, i, step), zero);
}

// Whole vectors of a run, from centred codes to results that saturated at 16 bits; gives the number
// of elements done. What saturates there lies outside of every clamp.
template <typename T, typename Scaled>
int64_t RunVectors(const BinaryCodes8& codes, const BinaryRun8& run, Scaled scaled) {
  const __m512i zero_a = _mm512_set1_epi16(static_cast<int16_t>(codes.zero_a));
  const __m512i zero_b = _mm512_set1_epi16(static_cast<int16_t>(codes.zero_b));
  const __m512i zero_out = _mm512_set1_epi16(static_cast<int16_t>(codes.zero_out));
  const __m512i lo = _mm512_set1_epi16(static_cast<int16_t>(codes.lo));
  const __m512i hi = _mm512_set1_epi16(static_cast<int16_t>(codes.hi));
  int64_t i = 0;
  for (; i + 32 <= run.count; i += 32) {
    const __m512i a = Centred<T>(run.a, i, run.a_step, zero_a);
    const __m512i b = Centred<T>(run.b, i, run.b_step, zero_b);
    const __m512i sum = _mm512_adds_epi16(scaled(a, b), zero_out);
    const __m512i code = _mm512_min_epi16(_mm512_max_epi16(sum, lo), hi);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(static_cast<T*>(run.out) + i),
                        _mm512_cvtepi16_epi8(code));
  }
  return i;
}

// What is left of a run behind its first `done` elements.
template <typename T>
BinaryRun8 Rest(const BinaryRun8& run, int64_t done) {
  return {static_cast<const T*>(run.a) + done * run.a_step,
          static_cast<const T*>(run.b) + done * run.b_step,
          static_cast<T*>(run.out) + done,
          run.count - done,
          run.a_step,
          run.b_step};
}

template <typename T>
void MulFloat(const MulFloat8* args, const BinaryRun8* run) {
  const MulFloat8 g = *args;
  const __m512 ratio = _mm512_set1_ps(g.ratio);
  const auto scale = [ratio](__m512i product) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(product), ratio));
  };
  const int64_t done = RunVectors<T>(g.codes, *run, [&](__m512i a, __m512i b) {
    const __m512i low = _mm512_mullo_epi16(a, b);
    const __m512i high = _mm512_mulhi_epi16(a, b);
    return _mm512_packs_epi32(scale(_mm512_unpacklo_epi16(low, high)),
                              scale(_mm512_unpackhi_epi16(low, high)));
  });
  const BinaryRun8 rest = Rest<T>(*run, done);
  MulFloatLoop<T>(args, &rest);
}

// Codes within their bounds, of words that saturated, lane by lane.
template <typename T>
__m512i PackClamped(__m512i low, __m512i high, const BinaryCodes8& to) {
  const __m512i lo = _mm512_set1_epi8(static_cast<int8_t>(to.lo));
  const __m512i hi = _mm512_set1_epi8(static_cast<int8_t>(to.hi));
  if constexpr (T(-1) > 0) {
    return _mm512_min_epu8(_mm512_max_epu8(_mm512_packus_epi16(low, high), lo), hi);
  }
  return _mm512_min_epi8(_mm512_max_epi8(_mm512_packs_epi16(low, high), lo), hi);
}

// Weights of 22 bits as two halves for products of pairs: a * wa + b * wb at once. Zero points and
// half of what is shifted away come in with the lower half.
template <typename T>
void AddOneRounding(const AddOneRounding8* args, const BinaryRun8* run) {
  const AddOneRounding8 g = *args;
  constexpr int kLowBits = 11;
  const auto pair = [](int32_t a, int32_t b) {
    return _mm512_set1_epi32(
        static_cast<int32_t>(static_cast<uint32_t>(b) << 16 | (static_cast<uint32_t>(a) & 0xffff)));
  };
  const __m512i high = pair(g.weight_a >> kLowBits, g.weight_b >> kLowBits);
  const int32_t mask = (1 << kLowBits) - 1;
  const __m512i low = pair(g.weight_a & mask, g.weight_b & mask);
  const __m512i rest_of_sum = _mm512_set1_epi32((1 << (g.shift - 1)) - g.codes.zero_a * g.weight_a -
                                                g.codes.zero_b * g.weight_b);
  const __m512i shift = _mm512_set1_epi32(g.shift);
  const __m512i zero_out = _mm512_set1_epi16(static_cast<int16_t>(g.codes.zero_out));
  const __m512i in_order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  const auto sum = [&](__m512i ab) {
    const __m512i upper = _mm512_slli_epi32(_mm512_madd_epi16(ab, high), kLowBits);
    const __m512i lower = _mm512_dpwssd_epi32(rest_of_sum, ab, low);
    return _mm512_srav_epi32(_mm512_add_epi32(upper, lower), shift);
  };
  const auto words = [&](int64_t i) {
    const __m512i a = Words<T>(run->a, i, run->a_step);
    const __m512i b = Words<T>(run->b, i, run->b_step);
    return _mm512_adds_epi16(
        _mm512_packs_epi32(sum(_mm512_unpacklo_epi16(a, b)), sum(_mm512_unpackhi_epi16(a, b))),
        zero_out);
  };
  int64_t i = 0;
  for (; i + 64 <= run->count; i += 64) {
    const __m512i codes = PackClamped<T>(words(i), words(i + 32), g.codes);
    _mm512_storeu_si512(static_cast<T*>(run->out) + i, _mm512_permutexvar_epi64(in_order, codes));
  }
  const BinaryRun8 rest = Rest<T>(*run, i);
  AddOneRoundingLoop<T>(args, &rest);
}

Columns16 AllColumns(Scale32 scale) {
  int32_t multiplier[16];
  int32_t exponent[16];
  for (int i = 0; i < 16; ++i) {
    multiplier[i] = scale.multiplier;
    exponent[i] = scale.exponent;
  }
  EpilogueArgs args = {};
  args.multiplier = multiplier;
  args.exponent = exponent;
  return LoadColumns16<kEpilogueFixedPoint, Contiguous>(args, 0);
}

template <typename T>
void AddFixedPoint(const AddFixedPoint8* args, const BinaryRun8* run) {
  const AddFixedPoint8 g = *args;
  const Columns16 scale_a = AllColumns(g.scale_a);
  const Columns16 scale_b = AllColumns(g.scale_b);
  const Columns16 scale_out = AllColumns(g.scale_out);
  // Sixteen of each operand, times 2^16: four bits more make 2^20.
  const auto sum = [&](__m512i a, __m512i b) {
    const __m512i left = ScaleFixedPoint16(_mm512_slli_epi32(a, 4), scale_a);
    const __m512i right = ScaleFixedPoint16(_mm512_slli_epi32(b, 4), scale_b);
    return ScaleFixedPoint16(
        g.sign > 0 ? _mm512_add_epi32(left, right) : _mm512_sub_epi32(left, right), scale_out);
  };
  const __m512i zero = _mm512_setzero_si512();
  const int64_t done = RunVectors<T>(g.codes, *run, [&](__m512i a, __m512i b) {
    return _mm512_packs_epi32(sum(_mm512_unpacklo_epi16(zero, a), _mm512_unpacklo_epi16(zero, b)),
                              sum(_mm512_unpackhi_epi16(zero, a), _mm512_unpackhi_epi16(zero, b)));
  });
  const BinaryRun8 rest = Rest<T>(*run, done);
  AddFixedPointLoop<T>(args, &rest);
}

template <typename T>
void MulFixedPoint(const MulFixedPoint8* args, const BinaryRun8* run) {
  const MulFixedPoint8 g = *args;
  const Columns16 scale = AllColumns(g.scale);
  const int64_t done = RunVectors<T>(g.codes, *run, [&](__m512i a, __m512i b) {
    const __m512i low = _mm512_mullo_epi16(a, b);
    const __m512i high = _mm512_mulhi_epi16(a, b);
    return _mm512_packs_epi32(ScaleFixedPoint16(_mm512_unpacklo_epi16(low, high), scale),
                              ScaleFixedPoint16(_mm512_unpackhi_epi16(low, high), scale));
  });
  const BinaryRun8 rest = Rest<T>(*run, done);
  MulFixedPointLoop<T>(args, &rest);
}

}  // namespace
}  // namespace octet::kernels

// Defines the table `name` of a leaf's kernels; `table_kernel` maps a TableRun8.
#define OCTET_DEFINE_ELEMENTWISE_8_AVX512(name, table_kernel) \
  extern const Elementwise8 name;                             \
  const Elementwise8 name = {                                 \
      #name,                                                  \
      AddOneRounding<int8_t>,                                 \
      AddOneRounding<uint8_t>,                                \
      AddFixedPoint<int8_t>,                                  \
      AddFixedPoint<uint8_t>,                                 \
      MulFloat<int8_t>,                                       \
      MulFloat<uint8_t>,                                      \
      MulFixedPoint<int8_t>,                                  \
      MulFixedPoint<uint8_t>,                                 \
      RunTable<table_kernel>,                                 \
  }

#endif  // OCTET_ENGINE_KERNELS_AVX512VNNI_ELEMENTWISE_8_VECTORS_H_
