// What operators share that work along the last dimension, row by row.
#ifndef OCTET_ENGINE_OPS_REDUCTION_ROW_OP_H_
#define OCTET_ENGINE_OPS_REDUCTION_ROW_OP_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ops/core/op.h"

namespace octet::ops {

class RowOp : public Op {
 public:
  absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() == 0 || inputs[0].num_elements() == 0) {
      return absl::InvalidArgumentError("the input has no elements in its last dimension");
    }
    return Shapes{inputs[0]};
  }
  absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                              absl::Span<const bool>) const override {
    if (inputs[0].rank() >= 2) return absl::OkStatus();
    return absl::FailedPreconditionError("it runs over dimension 0");
  }

 protected:
  // Calls row(in, out, depth) for each row of the last dimension.
  template <typename In, typename Out, typename RowFunction>
  static void ForEachRow(const RunContext& context, RowFunction row) {
    const Shape& shape = context.input_shapes[0];
    const int64_t depth = shape.dim(shape.rank() - 1);
    for (int64_t at = 0; at < shape.num_elements(); at += depth) {
      row(context.in<In>(0) + at, context.out<Out>(0) + at, depth);
    }
  }
};

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_REDUCTION_ROW_OP_H_
