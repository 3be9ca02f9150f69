// Element-wise operations whose operands may repeat along dimensions of size 1.
#ifndef OCTET_ENGINE_OPS_ELEMENTWISE_BROADCAST_H_
#define OCTET_ENGINE_OPS_ELEMENTWISE_BROADCAST_H_

#include <array>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/shape.h"
#include "engine/base/thread_pool.h"

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

// One run along the innermost dimensions of a broadcast: element i of it is number out + i of the
// result, from elements a + i * a_step and b + i * b_step of the operands.
struct BroadcastRun {
  int64_t a = 0;
  int64_t b = 0;
  int64_t out = 0;
  int64_t a_step = 1;  // 0 or 1
  int64_t b_step = 1;
  int64_t count = 0;
};

// The runs of a broadcast of two operands, in the result's order, as long as they can be: one run
// where the shapes are equal or an operand is a scalar.
class BroadcastRuns {
 public:
  BroadcastRuns(const Shape& a, const Shape& b, const Shape& out);

  int64_t size() const { return size_; }
  // Elements of each.
  int64_t count() const { return first_.count; }
  // In how many runs, one after the other, one operand's elements return while the other's go on;
  // 1 where none does so.
  int64_t repeats() const { return repeats_; }
  bool a_returns() const { return a_returns_; }  // else b
  BroadcastRun At(int64_t run) const { return PositionOf(run).run; }

  // Calls body(run) for runs [begin, end).
  template <typename Body>
  void ForEach(int64_t begin, int64_t end, Body body) const {
    Position at = PositionOf(begin);
    for (int64_t i = begin; i < end; ++i) {
      body(at.run);
      Advance(at);
    }
  }

 private:
  struct Position {
    BroadcastRun run;
    std::array<int32_t, Shape::kMaxRank> index{};
  };
  void FindRepeats();
  Position PositionOf(int64_t run) const;
  void Advance(Position& at) const;

  int outer_rank_ = 0;  // dimensions outside of a run
  std::array<int32_t, Shape::kMaxRank> dims_{};
  std::array<int64_t, Shape::kMaxRank> a_strides_{};
  std::array<int64_t, Shape::kMaxRank> b_strides_{};
  BroadcastRun first_;
  int64_t size_ = 1;
  int64_t repeats_ = 1;
  bool a_returns_ = false;
};

// Threads that a broadcast of so many elements is worth.
int64_t BroadcastParts(ThreadPool* pool, int64_t elements);

// Calls body(run) for all of a broadcast, on several threads where it is long enough: each gets
// whole runs, or a share of every run.
void ForEachBroadcastRun(ThreadPool* pool, const Shape& a, const Shape& b, const Shape& out,
                         absl::FunctionRef<void(const BroadcastRun&)> body);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_ELEMENTWISE_BROADCAST_H_
