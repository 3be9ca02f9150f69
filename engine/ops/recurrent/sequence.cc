#include "engine/ops/recurrent/sequence.h"

#include "absl/strings/str_cat.h"
#include "engine/ops/core/checks.h"

namespace octet::ops {

absl::StatusOr<Sequence> SequenceOf(const Shape& input, int64_t depth, bool time_major) {
  if (input.rank() != 3 || input.dim(2) != depth) {
    return absl::InvalidArgumentError(
        absl::StrCat("the input has shape ", input.ToString(),
                     "; three dimensions are needed, the last of them ", depth));
  }
  const int64_t first = input.dim(0);
  const int64_t second = input.dim(1);
  return time_major ? Sequence{first, second, true} : Sequence{second, first, false};
}

absl::StatusOr<Shape> SequenceShape(const Sequence& sequence, int64_t width) {
  const int64_t first = sequence.time_major ? sequence.steps : sequence.batch;
  const int64_t second = sequence.time_major ? sequence.batch : sequence.steps;
  return Shape::Create(std::vector<int32_t>{
      static_cast<int32_t>(first), static_cast<int32_t>(second), static_cast<int32_t>(width)});
}

absl::Status CheckVariable(const PrepareContext& context, int i) {
  const TensorDef& tensor = *context.input(i);
  if (tensor.is_variable) return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat("state '", tensor.name, "' must be a variable tensor"));
}

absl::Status CheckStateShape(const Shape& state, int64_t batch, int64_t width) {
  if (state.rank() == 2 && state.dim(0) == batch && state.dim(1) == width) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a state has shape ", state.ToString(), "; [",
                                                 batch, ",", width, "] is needed"));
}

absl::Status StatefulOp::CheckRowsApart(absl::Span<const Shape>, absl::Span<const bool>) const {
  return absl::FailedPreconditionError("it keeps state");
}

}  // namespace octet::ops
