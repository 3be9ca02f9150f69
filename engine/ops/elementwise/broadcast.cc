#include "engine/ops/elementwise/broadcast.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace octet::ops {

absl::StatusOr<Shape> BroadcastShape(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<int32_t> dims(rank);
  for (int i = 0; i < rank; ++i) {
    const int ia = i - (rank - a.rank());
    const int ib = i - (rank - b.rank());
    const int32_t da = ia < 0 ? 1 : a.dim(ia);
    const int32_t db = ib < 0 ? 1 : b.dim(ib);
    if (da != db && da != 1 && db != 1) {
      return absl::InvalidArgumentError(absl::StrCat("shapes ", a.ToString(), " and ", b.ToString(),
                                                     " cannot be broadcast together"));
    }
    dims[i] = da == 1 ? db : da;
  }
  return Shape::Create(dims);
}

absl::Status CheckBroadcastRowsApart(absl::Span<const Shape> inputs,
                                     absl::Span<const bool> has_rows) {
  const int rank = std::max(inputs[0].rank(), inputs[1].rank());
  for (int i = 0; i < 2; ++i) {
    const bool fits =
        has_rows[i] ? inputs[i].rank() == rank : inputs[i].rank() < rank || inputs[i].dim(0) == 1;
    if (!fits) {
      return absl::FailedPreconditionError(
          absl::StrCat("its operands of shapes ", inputs[0].ToString(), " and ",
                       inputs[1].ToString(), " do not line up along dimension 0"));
    }
  }
  return absl::OkStatus();
}

std::array<int64_t, Shape::kMaxRank> BroadcastStrides(const Shape& operand, const Shape& result) {
  std::array<int64_t, Shape::kMaxRank> strides{};
  int64_t stride = 1;
  for (int i = operand.rank() - 1; i >= 0; --i) {
    const int axis = i + result.rank() - operand.rank();
    strides[axis] = operand.dim(i) == 1 ? 0 : stride;
    stride *= operand.dim(i);
  }
  return strides;
}

}  // namespace octet::ops
