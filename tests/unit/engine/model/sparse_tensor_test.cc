// Sparse constants of 4 x 4 codes, as the format's own examples have them.
#include "engine/model/sparse_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/model.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

std::unique_ptr<tflite::DimensionMetadataT> Dense(int32_t size) {
  auto metadata = std::make_unique<tflite::DimensionMetadataT>();
  metadata->format = tflite::DimensionType::DENSE;
  metadata->dense_size = size;
  return metadata;
}

std::unique_ptr<tflite::DimensionMetadataT> Rows(std::vector<int32_t> segments,
                                                 std::vector<uint8_t> indices) {
  auto metadata = std::make_unique<tflite::DimensionMetadataT>();
  metadata->format = tflite::DimensionType::SPARSE_CSR;
  tflite::Int32VectorT wide;
  wide.values = std::move(segments);
  metadata->array_segments.Set(std::move(wide));
  tflite::Uint8VectorT narrow;
  narrow.values = std::move(indices);
  metadata->array_indices.Set(std::move(narrow));
  return metadata;
}

// Rows 0 and 2 have values: 1 2 at columns 1 and 3, 3 at column 0.
tflite::SparsityParametersT CompressedRows() {
  tflite::SparsityParametersT sparsity;
  sparsity.traversal_order = {0, 1};
  sparsity.dim_metadata.push_back(Dense(4));
  sparsity.dim_metadata.push_back(Rows({0, 2, 2, 3, 3}, {1, 3, 0}));
  return sparsity;
}

absl::StatusOr<std::vector<int8_t>> Read(tflite::SparsityParametersT sparsity,
                                         const std::vector<int8_t>& values,
                                         std::vector<int32_t> shape = {4, 4}) {
  ModelBuilder b;
  b.Output(b.Constant<int8_t>("c", {static_cast<int32_t>(values.size())}, values));
  auto& tensor = *b.raw().subgraphs[0]->tensors[0];
  tensor.shape = std::move(shape);
  tensor.sparsity = std::make_unique<tflite::SparsityParametersT>(std::move(sparsity));
  const auto model = ReadModel(b.Build());
  if (!model.ok()) return model.status();
  const auto data = (*model)->main().tensors[0].values<int8_t>();
  return std::vector<int8_t>(data.begin(), data.end());
}

TEST(SparseTensorTest, CompressedRowsAreUnfolded) {
  const auto dense = Read(CompressedRows(), {1, 2, 3});
  ASSERT_TRUE(dense.ok()) << dense.status();
  EXPECT_THAT(*dense, ElementsAreArray({0, 1, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(SparseTensorTest, ColumnsMayComeFirst) {
  tflite::SparsityParametersT sparsity = CompressedRows();
  sparsity.traversal_order = {1, 0};
  const auto dense = Read(std::move(sparsity), {1, 2, 3});
  ASSERT_TRUE(dense.ok()) << dense.status();
  EXPECT_THAT(*dense, ElementsAreArray({0, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}));
}

// Blocks of 2 x 2: the first of the upper two, the second of the lower two.
TEST(SparseTensorTest, BlocksAreUnfolded) {
  tflite::SparsityParametersT sparsity;
  sparsity.traversal_order = {0, 1, 2, 3};
  sparsity.block_map = {0, 1};
  sparsity.dim_metadata.push_back(Dense(2));
  sparsity.dim_metadata.push_back(Rows({0, 1, 2}, {0, 1}));
  sparsity.dim_metadata.push_back(Dense(2));
  sparsity.dim_metadata.push_back(Dense(2));
  const auto dense = Read(std::move(sparsity), {1, 2, 3, 4, 5, 6, 7, 8});
  ASSERT_TRUE(dense.ok()) << dense.status();
  EXPECT_THAT(*dense, ElementsAreArray({1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8}));
}

void ExpectRefused(const std::string& text,
                   const std::function<void(tflite::SparsityParametersT&)>& edit) {
  tflite::SparsityParametersT sparsity = CompressedRows();
  edit(sparsity);
  const auto dense = Read(std::move(sparsity), {1, 2, 3});
  EXPECT_EQ(dense.status().code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_THAT(std::string(dense.status().message()), HasSubstr(text));
}

TEST(SparseTensorTest, RefusesWhatDoesNotDescribeTheTensor) {
  ExpectRefused("each dimension once", [](auto& s) { s = {}; });
  ExpectRefused("each dimension once", [](auto& s) { s.traversal_order = {0}; });
  ExpectRefused("no order", [](auto& s) { s.traversal_order = {0, 0}; });
  ExpectRefused("no order", [](auto& s) { s.traversal_order = {0, -1}; });
  ExpectRefused("no order", [](auto& s) { s.traversal_order = {0, 2}; });
  ExpectRefused("a dense dimension of 5", [](auto& s) { s.dim_metadata[0] = Dense(5); });
  ExpectRefused("index 4 of", [](auto& s) {
    s.dim_metadata[1] = Rows({0, 2, 2, 3, 3}, {1, 4, 0});
  });
  ExpectRefused("do not cover", [](auto& s) { s.dim_metadata[1] = Rows({0, 2, 3, 3}, {1, 3, 0}); });
  ExpectRefused("do not cover", [](auto& s) { s.dim_metadata[1] = Rows({}, {}); });
  ExpectRefused("do not cover", [](auto& s) {
    s.dim_metadata[1] = Rows({0, 2, 2, 3, 4}, {1, 3, 0});
  });
  ExpectRefused("ends before", [](auto& s) {
    s.dim_metadata[1] = Rows({0, 3, 2, 3, 3}, {1, 3, 0});
  });
  ExpectRefused("speaks of 2 values", [](auto& s) {
    s.dim_metadata[1] = Rows({0, 2, 2, 2, 2}, {1, 3});
  });
  ExpectRefused("block map", [](auto& s) {
    s.block_map = {7};
    s.traversal_order = {0, 1, 2};
    s.dim_metadata.push_back(Dense(2));
  });
  ExpectRefused("does not divide", [](auto& s) {
    s.block_map = {0};
    s.traversal_order = {0, 1, 2};
    s.dim_metadata.push_back(Dense(3));
  });
}

// A few bytes must not ask for gigabytes.
TEST(SparseTensorTest, RefusesWhatWouldBeFarLargerThanTheFile) {
  tflite::SparsityParametersT sparsity;
  sparsity.traversal_order = {0, 1};
  sparsity.dim_metadata.push_back(Dense(1));
  sparsity.dim_metadata.push_back(Rows({0, 1}, {0}));
  const auto dense = Read(std::move(sparsity), {1}, {1, 1 << 30});
  EXPECT_EQ(dense.status().code(), absl::StatusCode::kResourceExhausted) << dense.status();
  EXPECT_THAT(std::string(dense.status().message()), HasSubstr("64 times the file"));
}

}  // namespace
}  // namespace octet
