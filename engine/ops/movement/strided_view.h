// Reading one tensor's elements in the order of another: the core of most data movement.
#ifndef OCTET_ENGINE_OPS_MOVEMENT_STRIDED_VIEW_H_
#define OCTET_ENGINE_OPS_MOVEMENT_STRIDED_VIEW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/shape.h"
#include "engine/model/model.h"
#include "engine/ops/core/op.h"

namespace octet::ops {

// Element (i0, i1, ...) lies at offset + sum of i * strides, in elements of the input. Whoever
// makes a view keeps every place inside of the input.
struct StridedView {
  // Twice a shape's rank: a dimension may be split in two.
  static constexpr int kMaxRank = 2 * Shape::kMaxRank;

  void Add(int64_t size, int64_t stride) {
    sizes[rank] = size;
    strides[rank] = stride;
    ++rank;
  }

  int rank = 0;
  std::array<int64_t, kMaxRank> sizes{};
  std::array<int64_t, kMaxRank> strides{};
  int64_t offset = 0;
};

// Writes the view's elements, `element` bytes each (1, 2, 4 or 8), one after the other.
void CopyView(const StridedView& view, size_t element, const void* in, void* out);

// The types that data movement knows.
inline constexpr std::array<DataType, 7> kMovedTypes = {
    DataType::kFloat32, DataType::kInt8,  DataType::kUint8, DataType::kInt16,
    DataType::kInt32,   DataType::kInt64, DataType::kBool};

// OK where codes may be copied from `input` to `output`: no quantized type, or equal meaning.
absl::Status CheckCopies(const TensorDef& input, const TensorDef& output);

// Up to kMaxRank numbers out of an INT32 or INT64 tensor.
class SmallInts {
 public:
  SmallInts(DataType type, const void* data, int64_t count);
  int64_t operator[](int i) const { return values_[i]; }
  int size() const { return size_; }

 private:
  std::array<int64_t, StridedView::kMaxRank> values_{};
  int size_ = 0;
};

// A shape of these sizes; InvalidArgument where one is no size.
absl::StatusOr<Shapes> OneShape(absl::Span<const int64_t> sizes);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_MOVEMENT_STRIDED_VIEW_H_
