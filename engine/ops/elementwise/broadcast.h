// Element-wise operations whose operands may repeat along dimensions of size 1.
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_BROADCAST_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_BROADCAST_H_

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/shape.h"

namespace octet::ops {

// The common shape of two operands; InvalidArgument where they do not fit each other.
absl::StatusOr<Shape> BroadcastShape(const Shape& a, const Shape& b);

// Whether rows along dimension 0 stay apart in a broadcast of two operands; see
// Op::CheckRowsApart.
absl::Status CheckBroadcastRowsApart(absl::Span<const Shape> inputs,
                                     absl::Span<const bool> has_rows);

// Strides, in elements, with which an operand is read along each dimension of the result: 0 where
// it repeats. Leading dimensions that the operand lacks repeat.
std::array<int64_t, Shape::kMaxRank> BroadcastStrides(const Shape& operand, const Shape& result);

// Calls run(a_offset, b_offset, out_offset, a_step, b_step, count) for each run along the innermost
// dimension: element i of a run reads a_offset + i * a_step and b_offset + i * b_step.
template <typename RunFunction>
void ForEachBroadcastRun(const Shape& a, const Shape& b, const Shape& out, RunFunction run) {
  if (a == b) {
    run(int64_t{0}, int64_t{0}, int64_t{0}, int64_t{1}, int64_t{1}, out.num_elements());
    return;
  }
  const int rank = out.rank();
  if (rank == 0 || out.num_elements() == 0) {
    run(int64_t{0}, int64_t{0}, int64_t{0}, int64_t{0}, int64_t{0}, out.num_elements());
    return;
  }
  const auto stride_a = BroadcastStrides(a, out);
  const auto stride_b = BroadcastStrides(b, out);
  const int64_t inner = out.dim(rank - 1);
  std::array<int32_t, Shape::kMaxRank> index{};
  int64_t at_a = 0;
  int64_t at_b = 0;
  for (int64_t done = 0; done < out.num_elements(); done += inner) {
    run(at_a, at_b, done, stride_a[rank - 1], stride_b[rank - 1], inner);
    for (int axis = rank - 2; axis >= 0; --axis) {
      at_a += stride_a[axis];
      at_b += stride_b[axis];
      if (++index[axis] < out.dim(axis)) break;
      at_a -= stride_a[axis] * index[axis];
      at_b -= stride_b[axis] * index[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_BROADCAST_H_
