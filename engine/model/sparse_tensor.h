// Sparse constants: only some elements stand in the file.
#ifndef OCTET_ENGINE_MODEL_SPARSE_TENSOR_H_
#define OCTET_ENGINE_MODEL_SPARSE_TENSOR_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/base/shape.h"
#include "tflite_generated.h"

namespace octet {

// Writes the elements at `values`, `element` bytes each, to their places in `dense`, which has all
// elements of `shape`, zeros so far. Dimensions are walked in the file's traversal order, each
// dense or as compressed rows; a dimension may be cut into blocks (TACO format: F. Kjolstad et al.,
// "The Tensor Algebra Compiler", 2017). InvalidArgument, starting with `label`, where the
// parameters do not describe exactly the values that stand there; the work is bounded by their
// number and that of the indices.
absl::Status UnfoldSparse(const tflite::SparsityParameters& sparsity, const Shape& shape,
                          size_t element, absl::Span<const std::byte> values,
                          const std::string& label, absl::Span<std::byte> dense);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_SPARSE_TENSOR_H_
