// Sums of 8-bit codes down the columns of a matrix: what a mean over the pixels of images needs.
#ifndef OCTET_ENGINE_OPS_REDUCTION_COLUMN_SUMS_H_
#define OCTET_ENGINE_OPS_REDUCTION_COLUMN_SUMS_H_

#include <algorithm>
#include <array>
#include <cstdint>

namespace octet::ops {

// sums[c] = sum over r < rows of in[r * row_stride + c], c < columns. T is int8_t or uint8_t;
// requires rows <= 2^23.
template <typename T>
void SumColumns(const T* in, int64_t rows, int64_t row_stride, int64_t columns, int32_t* sums) {
  constexpr int64_t kColumns = 512;
  constexpr int64_t kRows = 128;  // of which a sum fits 16 bits
  static_assert(sizeof(T) == 1);
  std::array<int16_t, kColumns> part;
  for (int64_t first = 0; first < columns; first += kColumns) {
    const int64_t width = std::min(kColumns, columns - first);
    int32_t* const total = sums + first;
    std::fill_n(total, width, 0);
    for (int64_t begin = 0; begin < rows; begin += kRows) {
      const int64_t end = std::min(begin + kRows, rows);
      std::fill_n(part.begin(), width, int16_t{0});
      int64_t r = begin;
      for (; r + 4 <= end; r += 4) {
        const T* a = in + r * row_stride + first;
        const T* b = a + row_stride;
        const T* c = b + row_stride;
        const T* d = c + row_stride;
        for (int64_t i = 0; i < width; ++i) {
          part[i] = static_cast<int16_t>(part[i] + a[i] + b[i] + c[i] + d[i]);
        }
      }
      for (; r < end; ++r) {
        const T* a = in + r * row_stride + first;
        for (int64_t i = 0; i < width; ++i) part[i] = static_cast<int16_t>(part[i] + a[i]);
      }
      for (int64_t i = 0; i < width; ++i) total[i] += part[i];
    }
  }
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_REDUCTION_COLUMN_SUMS_H_
