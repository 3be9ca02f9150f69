#include "engine/base/shape.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"

namespace octet {

Shape::Shape(std::initializer_list<int32_t> dims) : dims_(dims) {
  for (int32_t d : dims_) num_elements_ *= d;
}

absl::StatusOr<Shape> Shape::Create(absl::Span<const int32_t> dims) {
  const auto text = [&] { return absl::StrCat("shape [", absl::StrJoin(dims, ","), "]"); };
  if (dims.size() > kMaxRank) {
    return absl::InvalidArgumentError(
        absl::StrCat(text(), " has more than ", kMaxRank, " dimensions"));
  }
  Shape shape;
  bool empty = false;
  for (int32_t d : dims) {
    if (d < 0) return absl::InvalidArgumentError(absl::StrCat(text(), " has a negative dimension"));
    if (d == 0) {
      empty = true;
    } else if (!CheckedMul(shape.num_elements_, int64_t{d}, &shape.num_elements_) ||
               shape.num_elements_ > kMaxElements) {
      return absl::InvalidArgumentError(absl::StrCat(text(), " has too many elements"));
    }
  }
  if (empty) shape.num_elements_ = 0;
  shape.dims_.assign(dims.begin(), dims.end());
  return shape;
}

int64_t Shape::OuterElements(int axis) const {
  int64_t n = 1;
  for (int i = 0; i < axis; ++i) n *= dims_[i];
  return n;
}

int64_t Shape::InnerElements(int axis) const {
  int64_t n = 1;
  for (int i = axis; i < rank(); ++i) n *= dims_[i];
  return n;
}

absl::StatusOr<Shape> Shape::WithRows(int32_t rows) const {
  absl::InlinedVector<int32_t, 6> dims = dims_;
  dims[0] = rows;
  return Create(dims);
}

std::string Shape::ToString() const { return absl::StrCat("[", absl::StrJoin(dims_, ","), "]"); }

}  // namespace octet
