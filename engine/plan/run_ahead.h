// Runs an operator while a model is prepared or planned.
#ifndef OCTET_ENGINE_PLAN_RUN_AHEAD_H_
#define OCTET_ENGINE_PLAN_RUN_AHEAD_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/ops/core/op.h"

namespace octet {

// On the calling thread, as a run does it. Inputs can be read kInputOverReadBytes past their end;
// outputs have the shapes that were inferred. For operators without side effects or calls whose
// shapes are known. ResourceExhausted where there is no memory for scratch.
absl::Status RunAhead(const ops::Op& op, absl::Span<const void* const> inputs,
                      absl::Span<const Shape> input_shapes, absl::Span<void* const> outputs,
                      absl::Span<const Shape> output_shapes);

}  // namespace octet

#endif  // OCTET_ENGINE_PLAN_RUN_AHEAD_H_
