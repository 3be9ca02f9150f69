// Private to the leaves that requantize with AVX-512: the epilogues on sixteen columns at once.
// Everything has internal linkage, so that no other object can be given code that needs AVX-512.
#ifndef OCTET_ENGINE_KERNELS_AVX512VNNI_EPILOGUE_H_
#define OCTET_ENGINE_KERNELS_AVX512VNNI_EPILOGUE_H_

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/kernels/epilogue_kinds.h"
#include "engine/kernels/requantize.h"

namespace octet::kernels {
namespace {

inline __m512i Load16(const int32_t* p) { return _mm512_loadu_si512(p); }

// Parameters of sixteen columns; only those of the epilogue's kind are set.
struct Columns16 {
  __m512i multiplier;
  __m512i left;
  __m512i right;
  __m512i half;  // of 2^right, 0 where that is 1
  __m512 scale;
  __m512d scale64[2];
};

// Sixteen neighbouring columns from `p` on.
struct Contiguous {
  static __m512i Load(const int32_t* p) { return Load16(p); }
  static __m512 Load(const float* p) { return _mm512_loadu_ps(p); }
  static __m512d Load(const double* p, int half) { return _mm512_loadu_pd(p + half * 8); }
};

// Four columns from each of p, p + 16, p + 32 and p + 48 on.
struct Quads {
  static __m512i Load(const int32_t* p) {
    __m512i v = _mm512_castsi128_si512(Four(p));
    v = _mm512_inserti32x4(v, Four(p + 16), 1);
    v = _mm512_inserti32x4(v, Four(p + 32), 2);
    return _mm512_inserti32x4(v, Four(p + 48), 3);
  }
  static __m512 Load(const float* p) {
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(p));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(p + 16), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(p + 32), 2);
    return _mm512_insertf32x4(v, _mm_loadu_ps(p + 48), 3);
  }
  static __m512d Load(const double* p, int half) {
    const __m512d v = _mm512_castpd256_pd512(_mm256_loadu_pd(p + half * 32));
    return _mm512_insertf64x4(v, _mm256_loadu_pd(p + half * 32 + 16), 1);
  }

 private:
  static __m128i Four(const int32_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
};

template <int kKind, typename Order>
inline Columns16 LoadColumns16(const EpilogueArgs& e, int64_t c) {
  Columns16 p = {};
  if constexpr (kKind == kEpilogueFixedPoint) {
    const __m512i zero = _mm512_setzero_si512();
    const __m512i exponent = Order::Load(e.exponent + c);
    p.multiplier = Order::Load(e.multiplier + c);
    p.left = _mm512_max_epi32(exponent, zero);
    p.right = _mm512_max_epi32(_mm512_sub_epi32(zero, exponent), zero);
    p.half = _mm512_srli_epi32(_mm512_sllv_epi32(_mm512_set1_epi32(1), p.right), 1);
  } else if constexpr (kKind == kEpilogueFloat32) {
    p.scale = Order::Load(e.scale + c);
  } else if constexpr (kKind == kEpilogueFloat64) {
    p.scale64[0] = Order::Load(e.scale64 + c, 0);
    p.scale64[1] = Order::Load(e.scale64 + c, 1);
  }
  return p;
}

// Shuffles, because shifts keep the one port busy that multiplications need too.
inline __m512i OddToEven(__m512i x) {
  return _mm512_shuffle_epi32(x, static_cast<_MM_PERM_ENUM>(0xf5));
}

// DHM: (x * multiplier + 2^30) >> 31, of which the low 32 bits are kept. Then RS on magnitudes,
// where adding half cannot overflow.
inline __m512i ScaleFixedPoint16(__m512i acc, const Columns16& p) {
  const __m512i nudge = _mm512_set1_epi64(int64_t{1} << 30);
  const __m512i x = _mm512_sllv_epi32(acc, p.left);
  const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(x, p.multiplier), nudge);
  const __m512i odd =
      _mm512_add_epi64(_mm512_mul_epi32(OddToEven(x), OddToEven(p.multiplier)), nudge);
  const __m512i high =
      _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
  const __m512i magnitude =
      _mm512_srlv_epi32(_mm512_add_epi32(_mm512_abs_epi32(high), p.half), p.right);
  return _mm512_mask_sub_epi32(magnitude, _mm512_movepi32_mask(high), _mm512_setzero_si512(),
                               magnitude);
}

inline __m256i ScaleFloat64x8(__m256i acc, __m512d scale, double lo, double hi) {
  const __m512d half = _mm512_set1_pd(0.5);
  const __m512d product = _mm512_mul_pd(_mm512_cvtepi32_pd(acc), scale);
  const __m512d value =
      _mm512_min_pd(_mm512_max_pd(product, _mm512_set1_pd(lo)), _mm512_set1_pd(hi));
  const __m512d whole = _mm512_roundscale_pd(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m512d rest = _mm512_sub_pd(value, whole);
  const __mmask8 up = _mm512_cmp_pd_mask(rest, half, _CMP_GE_OQ);
  const __mmask8 down = _mm512_cmp_pd_mask(rest, _mm512_set1_pd(-0.5), _CMP_LE_OQ);
  const __m512d one = _mm512_set1_pd(1);
  const __m512d rounded_up = _mm512_mask_add_pd(whole, up, whole, one);
  return _mm512_cvttpd_epi32(_mm512_mask_sub_pd(rounded_up, down, whole, one));
}

// What may be left undone before codes are packed.
enum Bounds {
  // Values must be within the bounds of codes.
  kBoundsNow,
  // The zero point is itself an int8 code, so that sums saturated at 16 bits clamp as the sums
  // themselves would: PackCodes64 clamps.
  kBoundsLater,
  // And no scale is 1 or more, so that no value leaves int32.
  kBoundsLaterSmall,
};

// Of columns [0, n).
inline Bounds BoundsFor(const EpilogueArgs& e, int32_t n) {
  if (e.zero_point < -128 || e.zero_point > 127) return kBoundsNow;
  if (e.kind != kEpilogueFloat32) return kBoundsLater;
  const __m512 one = _mm512_set1_ps(1);
  for (int32_t c = 0; c < n; c += 16) {
    const __mmask16 there = static_cast<__mmask16>(n - c < 16 ? (1u << (n - c)) - 1 : 0xffff);
    const __m512 scale = _mm512_loadu_ps(e.scale + c);
    if (_mm512_mask_cmp_ps_mask(there, scale, one, _CMP_NLT_UQ) != 0) return kBoundsLater;
  }
  return kBoundsLaterSmall;
}

// Codes less the zero point. Bounds are integers, so clamping before rounding gives what clamping
// after it would, and nothing is left that could overflow. A value beyond the bounds may stay
// beyond them unless kBoundsNow.
template <int kKind, Bounds kBounds>
inline __m512i Scale16(__m512i acc, const Columns16& p, const EpilogueArgs& e) {
  const int32_t lo = e.lo - e.zero_point;
  const int32_t hi = e.hi - e.zero_point;
  if constexpr (kKind == kEpilogueFixedPoint) {
    const __m512i scaled = ScaleFixedPoint16(acc, p);
    if constexpr (kBounds != kBoundsNow) return scaled;
    return _mm512_min_epi32(_mm512_max_epi32(scaled, _mm512_set1_epi32(lo)), _mm512_set1_epi32(hi));
  } else if constexpr (kKind == kEpilogueFloat32) {
    __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(acc), p.scale);
    if constexpr (kBounds == kBoundsLaterSmall) return _mm512_cvtps_epi32(value);
    // Below int32 the conversion gives the least one, which the last clamp brings home.
    if constexpr (kBounds == kBoundsNow)
      value = _mm512_max_ps(value, _mm512_set1_ps(static_cast<float>(lo)));
    return _mm512_cvtps_epi32(_mm512_min_ps(value, _mm512_set1_ps(static_cast<float>(hi))));
  } else {
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(ScaleFloat64x8(_mm512_castsi512_si256(acc), p.scale64[0], lo, hi)),
        ScaleFloat64x8(_mm512_extracti64x4_epi64(acc, 1), p.scale64[1], lo, hi), 1);
  }
}

// 64 codes of four vectors. Lane by lane: the four values of each vector's first lane, then those
// of the second lanes, and so on.
template <Bounds kBounds>
inline __m512i PackCodes64(__m512i v0, __m512i v1, __m512i v2, __m512i v3, const EpilogueArgs& e) {
  if constexpr (kBounds != kBoundsNow) {
    const __m512i zero_point = _mm512_set1_epi16(static_cast<int16_t>(e.zero_point));
    const __m512i words0 = _mm512_adds_epi16(_mm512_packs_epi32(v0, v1), zero_point);
    const __m512i words1 = _mm512_adds_epi16(_mm512_packs_epi32(v2, v3), zero_point);
    const __m512i codes = _mm512_packs_epi16(words0, words1);
    return _mm512_min_epi8(_mm512_max_epi8(codes, _mm512_set1_epi8(static_cast<int8_t>(e.lo))),
                           _mm512_set1_epi8(static_cast<int8_t>(e.hi)));
  } else {
    const __m512i zero_point = _mm512_set1_epi32(e.zero_point);
    return _mm512_packs_epi16(
        _mm512_packs_epi32(_mm512_add_epi32(v0, zero_point), _mm512_add_epi32(v1, zero_point)),
        _mm512_packs_epi32(_mm512_add_epi32(v2, zero_point), _mm512_add_epi32(v3, zero_point)));
  }
}

// The same, vector after vector.
template <Bounds kBounds>
inline __m512i PackInOrder64(__m512i v0, __m512i v1, __m512i v2, __m512i v3,
                             const EpilogueArgs& e) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, PackCodes64<kBounds>(v0, v1, v2, v3, e));
}

// Accumulators of a tile: those of row r and sixteen columns from 16 * p on stand at
// sums + p * panel_stride + r * 16.
struct TileSums {
  const int32_t* sums;
  int64_t panel_stride;
};

// Where a tile goes: `out` at its first row, columns from c on, of which it has `columns` (1 to
// 64).
struct TileOut {
  void* out;
  int64_t row_stride;
  int64_t c;
  int columns;
};

// Sums as they are, sixteen columns at a time.
inline void StoreSums(TileSums t, TileOut to, int begin, int end) {
  for (int p = 0; p * 16 < to.columns; ++p) {
    const int count = to.columns - p * 16 < 16 ? to.columns - p * 16 : 16;
    const auto mask = static_cast<__mmask16>((1u << count) - 1);
    int32_t* out = static_cast<int32_t*>(to.out) + to.c + p * 16;
    for (int r = begin; r < end; ++r) {
      _mm512_mask_storeu_epi32(out + r * to.row_stride, mask,
                               Load16(t.sums + p * t.panel_stride + r * 16));
    }
  }
}

// Codes of `kPanels` panels of columns, as many rows at once as fill a vector.
template <int kKind, Bounds kBounds, int kPanels>
inline void FinishPanels(TileSums t, TileOut to, const EpilogueArgs& epilogue, int begin, int end) {
  const EpilogueArgs e = epilogue;  // a copy that no store can alias
  constexpr int kTogether = 4 / kPanels;
  const __mmask64 mask = ~uint64_t{0} >> (64 - to.columns);
  Columns16 columns[kPanels];
  int64_t panel[kPanels];
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
    // A panel that is not there is the first one again; nothing of it is stored.
    const int there = p * 16 < to.columns ? p : 0;
    columns[p] = LoadColumns16<kKind, Contiguous>(e, to.c + there * 16);
    panel[p] = there * t.panel_stride;
  }
  int8_t* out = static_cast<int8_t*>(to.out) + to.c;
  for (int r = begin; r < end; r += kTogether) {
    __m512i v[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const int row = kTogether == 1 || r + i / kPanels < end ? r + i / kPanels : r;
      const int p = i % kPanels;
      v[i] = Scale16<kKind, kBounds>(Load16(t.sums + panel[p] + row * 16), columns[p], e);
    }
    const __m512i codes = PackInOrder64<kBounds>(v[0], v[1], v[2], v[3], e);
    int8_t* first = out + r * to.row_stride;
    if constexpr (kTogether == 1) {
      _mm512_mask_storeu_epi8(first, mask, codes);
    } else if constexpr (kTogether == 2) {
      const auto half = static_cast<__mmask32>(mask);
      _mm256_mask_storeu_epi8(first, half, _mm512_castsi512_si256(codes));
      if (r + 1 == end) return;
      _mm256_mask_storeu_epi8(first + to.row_stride, half, _mm512_extracti64x4_epi64(codes, 1));
    } else {
      const auto quarter = static_cast<__mmask16>(mask);
      _mm_mask_storeu_epi8(first, quarter, _mm512_castsi512_si128(codes));
      if (r + 1 == end) return;
      _mm_mask_storeu_epi8(first + to.row_stride, quarter, _mm512_extracti32x4_epi32(codes, 1));
      if (r + 2 == end) return;
      _mm_mask_storeu_epi8(first + 2 * to.row_stride, quarter, _mm512_extracti32x4_epi32(codes, 2));
      if (r + 3 == end) return;
      _mm_mask_storeu_epi8(first + 3 * to.row_stride, quarter, _mm512_extracti32x4_epi32(codes, 3));
    }
  }
}

// Rows [begin, end) of a tile.
template <int kKind, Bounds kBounds>
inline void FinishRows(TileSums t, TileOut to, const EpilogueArgs& e, int begin, int end) {
  if constexpr (kKind == kEpilogueInt32) {
    StoreSums(t, to, begin, end);
  } else if (to.columns > 32) {
    FinishPanels<kKind, kBounds, 4>(t, to, e, begin, end);
  } else if (to.columns > 16) {
    FinishPanels<kKind, kBounds, 2>(t, to, e, begin, end);
  } else {
    FinishPanels<kKind, kBounds, 1>(t, to, e, begin, end);
  }
}

// Calls body.operator()<kind, bounds>() for an epilogue of columns [0, n).
template <typename Body>
inline void WithEpilogue(const EpilogueArgs& e, int32_t n, Body body) {
  const Bounds bounds = BoundsFor(e, n);
  WithEpilogueKind(e.kind, [&]<int kKind>() {
    constexpr bool kMayWait = kKind == kEpilogueFixedPoint || kKind == kEpilogueFloat32;
    if constexpr (kKind == kEpilogueFloat32) {
      if (bounds == kBoundsLaterSmall) return body.template operator()<kKind, kBoundsLaterSmall>();
    }
    if constexpr (kMayWait) {
      if (bounds != kBoundsNow) return body.template operator()<kKind, kBoundsLater>();
    }
    body.template operator()<kKind, kBoundsNow>();
  });
}

}  // namespace
}  // namespace octet::kernels

#endif  // OCTET_ENGINE_KERNELS_AVX512VNNI_EPILOGUE_H_
