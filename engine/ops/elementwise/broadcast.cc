#include "engine/ops/elementwise/broadcast.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/ops/core/parallel.h"

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

BroadcastRuns::BroadcastRuns(const Shape& a, const Shape& b, const Shape& out) {
  first_.count = out.num_elements();
  if (first_.count == 0) return;
  a_strides_ = BroadcastStrides(a, out);
  b_strides_ = BroadcastStrides(b, out);
  // A run takes in the inner dimensions that both operands walk in equal steps: a scalar operand
  // makes it the whole result.
  first_.count = 1;
  for (outer_rank_ = out.rank(); outer_rank_ > 0; --outer_rank_) {
    const int axis = outer_rank_ - 1;
    if (out.dim(axis) == 1) continue;
    if (first_.count == 1) {
      first_.a_step = a_strides_[axis];
      first_.b_step = b_strides_[axis];
    } else if (a_strides_[axis] != first_.a_step * first_.count ||
               b_strides_[axis] != first_.b_step * first_.count) {
      break;
    }
    first_.count *= out.dim(axis);
  }
  for (int axis = 0; axis < outer_rank_; ++axis) {
    dims_[axis] = out.dim(axis);
    size_ *= dims_[axis];
  }
  FindRepeats();
}

void BroadcastRuns::FindRepeats() {
  if (first_.a_step != 1 || first_.b_step != 1) return;
  for (int axis = outer_rank_ - 1; axis >= 0; --axis) {
    if (dims_[axis] == 1) continue;
    if (repeats_ == 1) a_returns_ = a_strides_[axis] == 0;
    const int64_t returning = a_returns_ ? a_strides_[axis] : b_strides_[axis];
    const int64_t going = a_returns_ ? b_strides_[axis] : a_strides_[axis];
    if (returning != 0 || going != first_.count * repeats_) return;
    repeats_ *= dims_[axis];
  }
}

BroadcastRuns::Position BroadcastRuns::PositionOf(int64_t run) const {
  Position at;
  at.run = first_;
  at.run.out = run * first_.count;
  for (int axis = outer_rank_ - 1; axis >= 0; --axis) {
    at.index[axis] = static_cast<int32_t>(run % dims_[axis]);
    run /= dims_[axis];
    at.run.a += at.index[axis] * a_strides_[axis];
    at.run.b += at.index[axis] * b_strides_[axis];
  }
  return at;
}

void BroadcastRuns::Advance(Position& at) const {
  at.run.out += first_.count;
  for (int axis = outer_rank_ - 1; axis >= 0; --axis) {
    at.run.a += a_strides_[axis];
    at.run.b += b_strides_[axis];
    if (++at.index[axis] < dims_[axis]) return;
    at.run.a -= a_strides_[axis] * dims_[axis];
    at.run.b -= b_strides_[axis] * dims_[axis];
    at.index[axis] = 0;
  }
}

int64_t BroadcastParts(ThreadPool* pool, int64_t elements) {
  constexpr int64_t kMinElementsPerThread = 16 * 1024;
  const int64_t threads = pool == nullptr ? 1 : pool->threads();
  return std::clamp<int64_t>(elements / kMinElementsPerThread, 1, threads);
}

void ForEachBroadcastRun(ThreadPool* pool, const Shape& a, const Shape& b, const Shape& out,
                         absl::FunctionRef<void(const BroadcastRun&)> body) {
  const BroadcastRuns runs(a, b, out);
  const int64_t parts = BroadcastParts(pool, out.num_elements());
  ForEachPart(pool, parts, [&](int64_t part) {
    if (runs.size() >= parts) {
      const Range share = Share(runs.size(), 1, part, parts);
      runs.ForEach(share.begin, share.end, body);
      return;
    }
    runs.ForEach(0, runs.size(), [&](BroadcastRun run) {
      const Range share = Share(run.count, 64, part, parts);
      run.a += share.begin * run.a_step;
      run.b += share.begin * run.b_step;
      run.out += share.begin;
      run.count = share.end - share.begin;
      body(run);
    });
  });
}

}  // namespace octet::ops
