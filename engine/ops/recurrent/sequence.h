// Sequences of rows and the state that stays between them, as recurrent operators see both.
#ifndef OCTET_ENGINE_OPS_RECURRENT_SEQUENCE_H_
#define OCTET_ENGINE_OPS_RECURRENT_SEQUENCE_H_

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ops/core/op.h"

namespace octet::ops {

// [steps][batch][...] where time comes first, else [batch][steps][...].
struct Sequence {
  int64_t steps = 0;
  int64_t batch = 0;
  bool time_major = false;

  int64_t RowAt(int64_t step, int64_t row) const {
    return time_major ? step * batch + row : row * steps + step;
  }
};

// InvalidArgument unless `input` has three dimensions, the last of them `depth`.
absl::StatusOr<Sequence> SequenceOf(const Shape& input, int64_t depth, bool time_major);

// The shape of an output with rows of `width` values.
absl::StatusOr<Shape> SequenceShape(const Sequence& sequence, int64_t width);

// The rows of one step, dense, from `in` with rows of `width` values.
template <typename T>
void GatherStep(const T* in, const Sequence& sequence, int64_t step, int64_t width, T* rows) {
  for (int64_t r = 0; r < sequence.batch; ++r) {
    std::copy_n(in + sequence.RowAt(step, r) * width, width, rows + r * width);
  }
}

// The way back, to rows of `out_width` values.
template <typename T>
void ScatterStep(const T* rows, const Sequence& sequence, int64_t step, int64_t width, T* out,
                 int64_t out_width) {
  for (int64_t r = 0; r < sequence.batch; ++r) {
    std::copy_n(rows + r * width, width, out + sequence.RowAt(step, r) * out_width);
  }
}

// Unimplemented unless input `i` is a variable tensor: other memory would not outlive the run.
absl::Status CheckVariable(const PrepareContext& context, int i);

// InvalidArgument unless a state has one row of `width` values for each row of the batch.
absl::Status CheckStateShape(const Shape& state, int64_t batch, int64_t width);

// A variable tensor: listed among the inputs, but memory that the operator may write.
template <typename T>
T* StateOf(const RunContext& context, int i) {
  return static_cast<T*>(const_cast<void*>(context.inputs[i]));
}

// An operator whose answers depend on runs before.
class StatefulOp : public Op {
 public:
  bool HasSideEffects() const override { return true; }
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool> has_rows) const override;
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_RECURRENT_SEQUENCE_H_
