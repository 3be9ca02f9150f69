// What every operator is: prepared once, immutable, run many times.
#ifndef OCTET_ENGINE_OPS_CORE_OP_H_
#define OCTET_ENGINE_OPS_CORE_OP_H_

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
#include "engine/ops/core/environment.h"

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
  // What control flow reaches out to.
  SubgraphRunner* subgraphs = nullptr;
  // Null in a model without state.
  VariableStore* variables = nullptr;

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

// How the shapes of an operator's outputs come about.
enum class ShapeSource {
  kShapes,  // from the inputs' shapes: InferShapes
  kValues,  // also from the values of the inputs in ValueInputs(): InferShapesFromValues
  kRun,     // from running it: RunAllocating
};

// A prepared operator. Immutable and thread-safe; holds its parameters and packed weights, which
// serve any number of rows.
class Op {
 public:
  virtual ~Op() = default;

  virtual ShapeSource shape_source() const { return ShapeSource::kShapes; }

  // Output shapes for the given input shapes; InvalidArgument where they do not fit the operator.
  // For ShapeSource::kShapes.
  virtual absl::StatusOr<Shapes> InferShapes(absl::Span<const Shape> inputs) const;

  // For ShapeSource::kValues: bit i stands for input i, whose data is in values[i]; other entries
  // may be null.
  virtual uint32_t ValueInputs() const { return 0; }
  virtual absl::StatusOr<Shapes> InferShapesFromValues(absl::Span<const Shape> inputs,
                                                       absl::Span<const void* const> values) const;

  // Scratch memory that Run needs for shapes that were inferred, on up to `threads` threads.
  virtual size_t ScratchBytes(absl::Span<const Shape> /*inputs*/, int /*threads*/) const {
    return 0;
  }

  // OK where row i of every output depends on row i of the inputs marked `has_rows` alone (rows:
  // equal contiguous parts along dimension 0); else why not. `inputs` are the shapes of one row.
  virtual absl::Status CheckRowsApart(absl::Span<const Shape> inputs,
                                      absl::Span<const bool> has_rows) const = 0;

  // Never allocates; shapes are those that were inferred. For ShapeSource::kShapes and kValues.
  virtual absl::Status Run(const RunContext& context) const;

  // For ShapeSource::kRun: computes, asks for memory for every output and fills it.
  // `context.outputs` and `context.output_shapes` are empty.
  virtual absl::Status RunAllocating(const RunContext& context, OutputAllocator& outputs) const;

  // Its one output has, at each place, a function of the inputs' elements at that place, the same
  // at every place; inputs repeat along dimensions of size 1.
  virtual bool MapsElements() const { return false; }

  // Bit i: Run may find input i and its one output in the same memory where both have as many
  // bytes.
  virtual uint32_t InPlaceInputs() const { return 0; }

  // Outputs follow from the inputs' shapes, whatever their values: SHAPE, RANK.
  virtual bool OutputsFollowFromShapes() const { return false; }

  // Changes state that outlives the run: it runs even where nothing reads its outputs, and never
  // ahead of time.
  virtual bool HasSideEffects() const { return false; }

  // Bytes of packed weights and tables.
  virtual size_t ConstantBytes() const { return 0; }
};

// What Prepare sees: one operator of a graph, with constants known so far.
struct PrepareContext {
  absl::Span<const TensorDef> tensors;
  const OperatorDef* op = nullptr;
  Rounding rounding = Rounding::kFloat32;
  IsaSet isas;
  VariableNames* variables = nullptr;
  // By subgraph index; those that this graph calls are prepared already.
  absl::Span<const Callee> callees;

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

#endif  // OCTET_ENGINE_OPS_CORE_OP_H_
