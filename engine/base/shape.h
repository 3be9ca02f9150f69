// The dimensions of a dense, row-major tensor.
#ifndef OCTET_ENGINE_BASE_SHAPE_H_
#define OCTET_ENGINE_BASE_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace octet {

// Every dimension is >= 0 and the element count fits in kMaxElements, so products of dimensions
// need no further check once a Shape exists. Rank 0 is a scalar of one element.
class Shape {
 public:
  // Keeps element counts, and byte counts of up to 8 bytes an element, well inside int64.
  static constexpr int64_t kMaxElements = int64_t{1} << 40;
  static constexpr int kMaxRank = 8;

  Shape() = default;
  // Dimensions that are known to be valid: a programmer's literal, or taken from another Shape.
  Shape(std::initializer_list<int32_t> dims);

  // InvalidArgument for a negative dimension, too many of them, or too many elements.
  static absl::StatusOr<Shape> Create(absl::Span<const int32_t> dims);

  int rank() const { return static_cast<int>(dims_.size()); }
  int32_t dim(int i) const { return dims_[i]; }
  absl::Span<const int32_t> dims() const { return dims_; }
  int64_t num_elements() const { return num_elements_; }

  // Elements of the leading `axis` dimensions, and of those from `axis` on.
  int64_t OuterElements(int axis) const;
  int64_t InnerElements(int axis) const;

  // The same shape with dimension 0 set to `rows`. Requires rank >= 1.
  absl::StatusOr<Shape> WithRows(int32_t rows) const;

  std::string ToString() const;  // "[1,224,224,3]"

  friend bool operator==(const Shape& a, const Shape& b) { return a.dims_ == b.dims_; }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }

 private:
  absl::InlinedVector<int32_t, 6> dims_;
  int64_t num_elements_ = 1;
};

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_SHAPE_H_
