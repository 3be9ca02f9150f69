// What every operator is: prepared once, immutable, run many times.
#ifndef OCTET_ENGINE_OPS_OP_H_
#define OCTET_ENGINE_OPS_OP_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/rounding.h"
#include "engine/base/shape.h"
#include "engine/base/thread_pool.h"
#include "engine/cpu/isa.h"
#include "engine/model/model.h"

namespace octet::ops {

using Shapes = absl::InlinedVector<Shape, 4>;

// An operator may read this many bytes past the end of each input; whoever lays out memory owns
// them. Their values do not matter.
inline constexpr size_t kInputOverReadBytes = 64;

// Everything that one run of an operator touches. Pointers of inputs and outputs follow the
// operator's lists; an absent input is null with an empty shape.
struct RunContext {
  absl::Span<const void* const> inputs;
  absl::Span<void* const> outputs;
  absl::Span<const Shape> input_shapes;
  absl::Span<const Shape> output_shapes;
  std::byte* scratch = nullptr;  // ScratchBytes() of them, 64-byte aligned
  ThreadPool* pool = nullptr;    // null: one thread

  template <typename T>
  const T* in(int i) const {
    return static_cast<const T*>(inputs[i]);
  }
  template <typename T>
  T* out(int i) const {
    return static_cast<T*>(outputs[i]);
  }
  int threads() const { return pool == nullptr ? 1 : pool->threads(); }
};

// A prepared operator. Immutable and thread-safe; holds its parameters and packed weights, which
// serve any number of rows.
class Op {
 public:
  virtual ~Op() = default;

  // Output shapes for the given input shapes; InvalidArgument where they do not fit the operator.
  virtual absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const = 0;

  // Scratch memory that Run needs for shapes that InferShapes accepted, on up to `threads` threads.
  virtual size_t ScratchBytes(absl::Span<const Shape> /*inputs*/, int /*threads*/) const {
    return 0;
  }

  // OK where row i of every output depends on row i of the inputs marked `has_rows` alone (rows:
  // equal contiguous parts along dimension 0); else why not. `inputs` are the shapes of one row.
  virtual absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                                      absl::Span<const bool> has_rows) const = 0;

  // Never allocates; shapes are those that InferShapes accepted.
  virtual absl::Status Run(const RunContext& context) const = 0;

  // Bytes of packed weights and tables.
  virtual size_t ConstantBytes() const { return 0; }
};

// What Prepare sees: one operator of a graph, with constants known so far.
struct PrepareContext {
  absl::Span<const TensorDef> tensors;
  const OperatorDef* op = nullptr;
  Rounding rounding = Rounding::kFloat32;
  IsaSet isas;

  int num_inputs() const { return static_cast<int>(op->inputs.size()); }
  // Null where the optional input is absent.
  const TensorDef* input(int i) const {
    if (i >= num_inputs() || op->inputs[i] == kAbsentTensor) return nullptr;
    return &tensors[op->inputs[i]];
  }
  const TensorDef& output(int i) const { return tensors[op->outputs[i]]; }
  // The operator's options; defaults where the file has none.
  template <typename T>
  T options() const {
    const T* options = std::get_if<T>(&op->options);
    return options == nullptr ? T{} : *options;
  }
};

using PreparedOp = absl::StatusOr<std::unique_ptr<const Op>>;
using PrepareFunction = PreparedOp (*)(const PrepareContext& context);

}  // namespace octet::ops

#endif  // OCTET_ENGINE_OPS_OP_H_
