#include "engine/ops/reduction/column_sums.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/unit/engine/ops/op_models.h"

namespace octet::ops {
namespace {

// `codes` as rows of `stride`, of which `columns` count.
template <typename T>
void ExpectSums(const std::vector<T>& codes, int64_t rows, int64_t stride, int64_t columns) {
  std::vector<int32_t> want(columns, 0);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) want[c] += codes[r * stride + c];
  }
  std::vector<int32_t> got(columns, 12345);
  SumColumns(codes.data(), rows, stride, columns, got.data());
  EXPECT_EQ(got, want) << rows << " rows of " << columns << " of " << stride;
}

TEST(ColumnSumsTest, SumsEveryColumn) {
  for (int64_t rows : {1, 3, 4, 127, 128, 129, 131, 260}) {
    for (int64_t columns : {1, 8, 17, 511, 512, 513, 1030}) {
      const auto codes = testing::MixedCodes(rows * (columns + 5), 7);
      ExpectSums(codes, rows, columns + 5, columns);
      ExpectSums(std::vector<uint8_t>(codes.begin(), codes.end()), rows, columns + 5, columns);
    }
  }
}

TEST(ColumnSumsTest, ExtremesDoNotOverflow) {
  ExpectSums(std::vector<int8_t>(1000 * 9, -128), 1000, 9, 9);
  ExpectSums(std::vector<int8_t>(1000 * 9, 127), 1000, 9, 9);
  ExpectSums(std::vector<uint8_t>(1000 * 9, 255), 1000, 9, 9);
}

}  // namespace
}  // namespace octet::ops
