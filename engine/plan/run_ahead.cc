#include "engine/plan/run_ahead.h"

#include "engine/base/aligned_buffer.h"
#include "engine/base/flush_denormals.h"

namespace octet {

absl::Status RunAhead(const ops::Op& op, absl::Span<const void* const> inputs,
                      absl::Span<const Shape> input_shapes, absl::Span<void* const> outputs,
                      absl::Span<const Shape> output_shapes) {
  AlignedBuffer scratch(op.ScratchBytes(input_shapes, 1));
  if (!scratch.ok()) return absl::ResourceExhaustedError("out of memory");
  ops::RunContext context;
  context.inputs = inputs;
  context.outputs = outputs;
  context.input_shapes = input_shapes;
  context.output_shapes = output_shapes;
  context.scratch = scratch.data();
  const ScopedFlushDenormals flush;  // as a run has it
  return op.Run(context);
}

}  // namespace octet
