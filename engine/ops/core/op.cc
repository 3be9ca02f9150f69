#include "engine/ops/core/op.h"

namespace octet::ops {

// An operator overrides what its shape source calls for; reaching one of these is a fault of the
// caller.
absl::StatusOr<Shapes> Op::InferShapes(absl::Span<const Shape>) const {
  return absl::InternalError("its shapes do not follow from its inputs' shapes");
}

absl::StatusOr<Shapes> Op::InferShapesFromValues(absl::Span<const Shape>,
                                                 absl::Span<const void* const>) const {
  return absl::InternalError("its shapes do not follow from its inputs' values");
}

absl::Status Op::Run(const RunContext&) const {
  return absl::InternalError("it allocates its outputs");
}

absl::Status Op::RunAllocating(const RunContext&, OutputAllocator&) const {
  return absl::InternalError("it does not allocate its outputs");
}

}  // namespace octet::ops
