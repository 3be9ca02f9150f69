#include "engine/model/sparse_tensor.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {
namespace {

// One step of the walk: a dimension, or the inner part of one that is cut into blocks.
struct Level {
  int64_t size = 0;    // of the dimension, or the block
  int64_t stride = 0;  // elements of the dense tensor from one index to the next
  bool dense = true;
  std::vector<int64_t> segments;  // of compressed rows: where each row's indices begin
  std::vector<int64_t> indices;
};

template <typename Vector>
std::vector<int64_t> Numbers(const Vector* vector) {
  if (vector == nullptr || vector->values() == nullptr) return {};
  return std::vector<int64_t>(vector->values()->begin(), vector->values()->end());
}

std::vector<int64_t> Segments(const tflite::DimensionMetadata& d) {
  switch (d.array_segments_type()) {
    case tflite::SparseIndexVector::Int32Vector:
      return Numbers(d.array_segments_as_Int32Vector());
    case tflite::SparseIndexVector::Uint16Vector:
      return Numbers(d.array_segments_as_Uint16Vector());
    case tflite::SparseIndexVector::Uint8Vector:
      return Numbers(d.array_segments_as_Uint8Vector());
    default:
      return {};
  }
}

std::vector<int64_t> Indices(const tflite::DimensionMetadata& d) {
  switch (d.array_indices_type()) {
    case tflite::SparseIndexVector::Int32Vector:
      return Numbers(d.array_indices_as_Int32Vector());
    case tflite::SparseIndexVector::Uint16Vector:
      return Numbers(d.array_indices_as_Uint16Vector());
    case tflite::SparseIndexVector::Uint8Vector:
      return Numbers(d.array_indices_as_Uint8Vector());
    default:
      return {};
  }
}

class Unfolding {
 public:
  Unfolding(const tflite::SparsityParameters& sparsity, const Shape& shape,
            const std::string& label)
      : sparsity_(sparsity), shape_(shape), label_(label) {}

  // Checks all there is to check; the number of values that the walk ends at.
  absl::StatusOr<int64_t> Prepare() {
    const auto* order = sparsity_.traversal_order();
    const auto* metadata = sparsity_.dim_metadata();
    const auto* blocks = sparsity_.block_map();
    const int rank = shape_.rank();
    const int count = rank + (blocks == nullptr ? 0 : static_cast<int>(blocks->size()));
    if (rank == 0 || order == nullptr || metadata == nullptr || count > 2 * Shape::kMaxRank ||
        static_cast<int>(order->size()) != count || static_cast<int>(metadata->size()) != count) {
      return Wrong("its sparsity does not speak of each dimension once");
    }
    std::vector<int64_t> block_of(rank, 1);
    OCTET_RETURN_IF_ERROR(ReadBlocks(rank, count, block_of));
    std::vector<bool> seen(count, false);
    int64_t values = 1;
    for (int l = 0; l < count; ++l) {
      const int32_t place = order->Get(l);
      if (place < 0 || place >= count || seen[place]) {
        return Wrong("its traversal order is no order of its dimensions");
      }
      seen[place] = true;
      OCTET_ASSIGN_OR_RETURN(Level level, ReadLevel(*metadata->Get(l), place, block_of));
      OCTET_ASSIGN_OR_RETURN(values, CheckRows(level, values));
      levels_.push_back(std::move(level));
    }
    return values;
  }

  void Write(size_t element, absl::Span<const std::byte> values, absl::Span<std::byte> dense) {
    element_ = element;
    values_ = values.data();
    dense_ = dense.data();
    Walk(0, 0, 0);
  }

 private:
  absl::Status Wrong(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(label_, ": ", what));
  }

  // Blocks follow the dimensions in the numbering of the traversal order; a block's size stands in
  // its metadata, which is found through that order.
  absl::Status ReadBlocks(int rank, int count, std::vector<int64_t>& block_of) {
    for (int b = 0; b < count - rank; ++b) {
      const int32_t dimension = sparsity_.block_map()->Get(b);
      if (dimension < 0 || dimension >= rank || block_of[dimension] != 1) {
        return Wrong("its block map names no dimension, or one twice");
      }
      for (int l = 0; l < count; ++l) {
        if (sparsity_.traversal_order()->Get(l) != rank + b) continue;
        const auto* metadata = sparsity_.dim_metadata()->Get(l);
        const int64_t size = metadata->dense_size();
        if (metadata->format() != tflite::DimensionType::DENSE || size < 1 ||
            shape_.dim(dimension) % size != 0) {
          return Wrong("a block is not dense or does not divide its dimension");
        }
        block_of[dimension] = size;
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Level> ReadLevel(const tflite::DimensionMetadata& metadata, int32_t place,
                                  const std::vector<int64_t>& block_of) const {
    const int rank = shape_.rank();
    Level level;
    if (place < rank) {
      level.size = shape_.dim(place) / block_of[place];
      level.stride = shape_.InnerElements(place + 1) * block_of[place];
    } else {
      const int32_t dimension = sparsity_.block_map()->Get(place - rank);
      level.size = block_of[dimension];
      level.stride = shape_.InnerElements(dimension + 1);
    }
    level.dense = metadata.format() == tflite::DimensionType::DENSE;
    if (level.dense) {
      if (metadata.dense_size() == level.size) return level;
      return Wrong(absl::StrCat("a dense dimension of ", metadata.dense_size(), " where ",
                                level.size, " are"));
    }
    level.segments = Segments(metadata);
    level.indices = Indices(metadata);
    return level;
  }

  // Entries after this level, for `rows` of them before it.
  absl::StatusOr<int64_t> CheckRows(const Level& level, int64_t rows) const {
    if (level.dense) {
      // Both are at most the number of elements of a shape, which has 2^31 at most.
      return rows * level.size;
    }
    const auto& segments = level.segments;
    const auto entries = static_cast<int64_t>(level.indices.size());
    if (static_cast<int64_t>(segments.size()) != rows + 1 || segments.front() != 0 ||
        segments.back() != entries) {
      return Wrong("compressed rows do not cover their indices");
    }
    for (size_t i = 1; i < segments.size(); ++i) {
      if (segments[i] < segments[i - 1]) return Wrong("a compressed row ends before it begins");
    }
    for (int64_t index : level.indices) {
      if (index < 0 || index >= level.size) {
        return Wrong(absl::StrCat("index ", index, " of a dimension of ", level.size));
      }
    }
    return entries;
  }

  void Walk(size_t l, int64_t entry, int64_t at) {
    if (l == levels_.size()) {
      std::memcpy(dense_ + at * element_, values_ + entry * element_, element_);
      return;
    }
    const Level& level = levels_[l];
    if (level.dense) {
      for (int64_t i = 0; i < level.size; ++i) {
        Walk(l + 1, entry * level.size + i, at + i * level.stride);
      }
      return;
    }
    for (int64_t i = level.segments[entry]; i < level.segments[entry + 1]; ++i) {
      Walk(l + 1, i, at + level.indices[i] * level.stride);
    }
  }

  const tflite::SparsityParameters& sparsity_;
  const Shape& shape_;
  const std::string& label_;
  std::vector<Level> levels_;
  size_t element_ = 0;
  const std::byte* values_ = nullptr;
  std::byte* dense_ = nullptr;
};

}  // namespace

absl::Status UnfoldSparse(const tflite::SparsityParameters& sparsity, const Shape& shape,
                          size_t element, absl::Span<const std::byte> values,
                          const std::string& label, absl::Span<std::byte> dense) {
  Unfolding unfolding(sparsity, shape, label);
  OCTET_ASSIGN_OR_RETURN(const int64_t count, unfolding.Prepare());
  if (values.size() % element != 0 || static_cast<int64_t>(values.size() / element) != count) {
    return absl::InvalidArgumentError(absl::StrCat(label, ": its sparsity speaks of ", count,
                                                   " values, the buffer has ", values.size(),
                                                   " bytes"));
  }
  unfolding.Write(element, values, dense);
  return absl::OkStatus();
}

}  // namespace octet
