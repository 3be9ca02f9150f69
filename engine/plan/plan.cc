#include "engine/plan/plan.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/memory/arena_planner.h"
#include "engine/plan/run_ahead.h"

namespace octet {
namespace {

ops::Shapes InputShapes(const GraphStep& step, absl::Span<const Shape> shapes) {
  ops::Shapes inputs;
  for (int32_t t : step.inputs) inputs.push_back(t == kAbsentTensor ? Shape() : shapes[t]);
  return inputs;
}

// What a value that follows from shapes may take: such values are shapes and indices themselves.
constexpr size_t kMaxKnownBytes = 64 * 1024;

// Walks the steps in order, inferring shapes and running those whose inputs are known.
class ShapeWalk {
 public:
  ShapeWalk(const Graph& graph, Plan& plan) : graph_(graph), plan_(plan) {
    for (const TensorDef& tensor : graph.tensors) plan.shapes.push_back(tensor.shape);
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
      plan.shapes[graph.inputs[i]] = plan.input_shapes[i];
    }
    plan.known.assign(graph.tensors.size(), nullptr);
  }

  absl::Status Run() {
    const auto count = static_cast<int32_t>(graph_.steps.size());
    plan_.first_dynamic = count;
    for (int32_t s = 0; s < count; ++s) {
      const GraphStep& step = graph_.steps[s];
      if (!ShapesAreKnown(step)) {
        plan_.first_dynamic = s;
        break;
      }
      OCTET_RETURN_IF_ERROR(InStep(step, Step(s, step)));
    }
    return absl::OkStatus();
  }

 private:
  const void* ValueOf(int32_t t) const {
    if (t == kAbsentTensor) return nullptr;
    return graph_.tensors[t].is_constant ? graph_.tensors[t].data.data() : plan_.known[t];
  }

  bool IsKnown(int32_t t) const {
    return t == kAbsentTensor || graph_.tensors[t].is_constant || plan_.known[t] != nullptr;
  }

  bool ShapesAreKnown(const GraphStep& step) const {
    if (step.op->shape_source() == ops::ShapeSource::kShapes) return true;
    if (step.op->shape_source() == ops::ShapeSource::kRun) return false;
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      if (((step.op->ValueInputs() >> i) & 1) && !IsKnown(step.inputs[i])) return false;
    }
    return true;
  }

  // Whether the step's outputs can be computed now: shapes and indices, not data.
  bool IsComputable(const GraphStep& step, const ops::Shapes& outputs) const {
    if (step.op->HasSideEffects()) return false;
    const bool inputs_known =
        std::all_of(step.inputs.begin(), step.inputs.end(), [&](int32_t t) { return IsKnown(t); });
    if (!inputs_known && !step.op->OutputsFollowFromShapes()) return false;
    size_t bytes = 0;
    for (size_t i = 0; i < outputs.size(); ++i) {
      bytes += outputs[i].num_elements() * DataTypeSize(graph_.tensors[step.outputs[i]].type);
    }
    return bytes <= kMaxKnownBytes;
  }

  absl::Status Step(int32_t index, const GraphStep& step) {
    const ops::Shapes inputs = InputShapes(step, plan_.shapes);
    std::vector<const void*> values;
    for (int32_t t : step.inputs) values.push_back(ValueOf(t));
    OCTET_ASSIGN_OR_RETURN(const ops::Shapes outputs, InferShapes(*step.op, inputs, values));
    for (size_t i = 0; i < step.outputs.size(); ++i) plan_.shapes[step.outputs[i]] = outputs[i];
    if (IsComputable(step, outputs)) return Compute(step, inputs, values, outputs);
    plan_.steps.push_back(index);
    return absl::OkStatus();
  }

  absl::Status Compute(const GraphStep& step, const ops::Shapes& inputs,
                       const std::vector<const void*>& values, const ops::Shapes& outputs) {
    std::vector<void*> results;
    for (size_t i = 0; i < outputs.size(); ++i) {
      const size_t bytes =
          outputs[i].num_elements() * DataTypeSize(graph_.tensors[step.outputs[i]].type);
      AlignedBuffer buffer(bytes + ops::kInputOverReadBytes);
      if (!buffer.ok()) return absl::ResourceExhaustedError("out of memory");
      results.push_back(buffer.data());
      plan_.known[step.outputs[i]] = buffer.data();
      plan_.known_storage.push_back(std::move(buffer));
    }
    return RunAhead(*step.op, values, inputs, results, outputs);
  }

  const Graph& graph_;
  Plan& plan_;
};

// The tensors and scratch of the planned steps as requests to the arena, and whom each is for.
class ArenaDemand {
 public:
  ArenaDemand(const Graph& graph, Plan& plan, int threads) : graph_(graph), plan_(plan) {
    const auto last = static_cast<int32_t>(plan.steps.size());
    request_of_tensor_.assign(graph.tensors.size(), -1);
    FindLastUses(last);
    for (int32_t t : graph.inputs) Add(t, -1);
    for (int32_t s = 0; s < last; ++s) {
      const GraphStep& step = graph.steps[plan.steps[s]];
      if (AddInPlace(step, s)) continue;
      for (int32_t t : step.outputs) Add(t, s);
    }
    for (int32_t s = 0; s < last; ++s) {
      const GraphStep& step = graph.steps[plan.steps[s]];
      requests_.push_back({step.op->ScratchBytes(InputShapes(step, plan.shapes), threads), s, s});
    }
  }

  absl::Status Lay(size_t max_bytes) {
    OCTET_ASSIGN_OR_RETURN(const ArenaLayout layout, PlanArena(requests_, max_bytes));
    plan_.arena_bytes = layout.total_bytes;
    plan_.offsets.assign(graph_.tensors.size(), Plan::kNotInArena);
    for (size_t t = 0; t < graph_.tensors.size(); ++t) {
      if (request_of_tensor_[t] >= 0) plan_.offsets[t] = layout.offsets[request_of_tensor_[t]];
    }
    plan_.scratch_offsets.assign(layout.offsets.end() - plan_.steps.size(), layout.offsets.end());
    return absl::OkStatus();
  }

 private:
  // `last` is after all planned steps.
  void FindLastUses(int32_t last) {
    last_use_.assign(graph_.tensors.size(), -1);
    const auto use = [this](absl::Span<const int32_t> tensors, int32_t step) {
      for (int32_t t : tensors) {
        if (t != kAbsentTensor) last_use_[t] = std::max(last_use_[t], step);
      }
    };
    for (int32_t s = 0; s < last; ++s) use(graph_.steps[plan_.steps[s]].inputs, s);
    // What is found while running reads the planned tensors after all planned steps.
    for (size_t s = plan_.first_dynamic; s < graph_.steps.size(); ++s) {
      use(graph_.steps[s].inputs, last);
    }
    use(graph_.outputs, last);
  }

  // State lies elsewhere, and so does what was known ahead.
  bool NeedsMemory(int32_t t) const {
    const TensorDef& tensor = graph_.tensors[t];
    return !tensor.is_constant && !tensor.is_variable && plan_.known[t] == nullptr &&
           request_of_tensor_[t] < 0;
  }

  size_t Bytes(int32_t t) const {
    return plan_.shapes[t].num_elements() * DataTypeSize(graph_.tensors[t].type);
  }

  void Add(int32_t t, int32_t step) {
    if (!NeedsMemory(t)) return;
    request_of_tensor_[t] = static_cast<int32_t>(requests_.size());
    // Kernels read past the end; a neighbour that is being written must not stand there.
    requests_.push_back({Bytes(t) + ops::kInputOverReadBytes, step, std::max(step, last_use_[t])});
  }

  // The output takes over the memory of an input that dies here, where the operator allows it.
  bool AddInPlace(const GraphStep& step, int32_t s) {
    if (step.outputs.size() != 1 || !NeedsMemory(step.outputs[0])) return false;
    const int32_t output = step.outputs[0];
    for (uint32_t rest = step.op->InPlaceInputs(); rest != 0; rest &= rest - 1) {
      const auto i = static_cast<size_t>(std::countr_zero(rest));
      if (i >= step.inputs.size()) break;
      const int32_t t = step.inputs[i];
      if (t == kAbsentTensor || request_of_tensor_[t] < 0 || last_use_[t] > s ||
          Bytes(t) != Bytes(output)) {
        continue;
      }
      request_of_tensor_[output] = request_of_tensor_[t];
      requests_[request_of_tensor_[t]].last = std::max(s, last_use_[output]);
      return true;
    }
    return false;
  }

  const Graph& graph_;
  Plan& plan_;
  std::vector<int32_t> request_of_tensor_;
  std::vector<int32_t> last_use_;  // a step of the plan; by tensor
  std::vector<ArenaRequest> requests_;
};

absl::Status CheckFirstDimension(const Graph& graph, absl::Span<const int32_t> tensors,
                                 absl::Span<const Shape> shapes, int32_t rows,
                                 absl::string_view kind) {
  for (int32_t t : tensors) {
    if (shapes[t].rank() >= 1 && shapes[t].dim(0) == rows) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(kind, " '", graph.tensors[t].name, "' has shape ", shapes[t].ToString(),
                     rows == 1 ? "; its first dimension is not 1" : " for a batch of 2"));
  }
  return absl::OkStatus();
}

// What a step says of rows; the shapes of its inputs are known.
absl::Status RowsApart(const Graph& graph, const GraphStep& step, const Plan& one) {
  absl::InlinedVector<bool, 4> has_rows;
  for (int32_t t : step.inputs) {
    has_rows.push_back(t != kAbsentTensor && !graph.tensors[t].is_constant &&
                       one.known[t] == nullptr);
  }
  return step.op->CheckRowsApart(InputShapes(step, one.shapes), has_rows);
}

// Rows are equal contiguous parts where dimension 0 doubled and nothing else changed.
bool Doubled(const Shape& one, const Shape& two) {
  if (one.rank() == 0 || one.rank() != two.rank() || two.dim(0) != 2 * one.dim(0)) return false;
  return std::equal(one.dims().begin() + 1, one.dims().end(), two.dims().begin() + 1);
}

}  // namespace

bool Plan::ShapeVaries(const Graph& graph, int32_t tensor) const {
  return std::any_of(
      graph.steps.begin() + first_dynamic, graph.steps.end(), [tensor](const GraphStep& step) {
        return std::find(step.outputs.begin(), step.outputs.end(), tensor) != step.outputs.end();
      });
}

absl::StatusOr<std::vector<Shape>> InputShapesFor(const Graph& graph, int rows) {
  std::vector<Shape> shapes;
  for (int32_t t : graph.inputs) {
    const TensorDef& tensor = graph.tensors[t];
    if (rows == 1) {
      shapes.push_back(tensor.shape);
      continue;
    }
    if (tensor.shape.rank() == 0) {
      return absl::FailedPreconditionError(absl::StrCat("input '", tensor.name, "' is a scalar"));
    }
    OCTET_ASSIGN_OR_RETURN(Shape shape, tensor.shape.WithRows(rows));
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

absl::StatusOr<Plan> BuildPlan(const Graph& graph, std::vector<Shape> input_shapes,
                               const PlanOptions& options) {
  Plan plan;
  plan.input_shapes = std::move(input_shapes);
  OCTET_RETURN_IF_ERROR(ShapeWalk(graph, plan).Run());
  ArenaDemand demand(graph, plan, options.threads);
  OCTET_RETURN_IF_ERROR(demand.Lay(options.max_arena_bytes));
  return plan;
}

absl::Status CheckBatchable(const Graph& graph, const Plan& one, const absl::StatusOr<Plan>& two) {
  if (!one.is_static(graph)) {
    const GraphStep& step = graph.steps[one.first_dynamic];
    OCTET_RETURN_IF_ERROR(InStep(step, RowsApart(graph, step, one)));
    return InStep(step, absl::FailedPreconditionError("the shape of its outputs depends on data"));
  }
  OCTET_RETURN_IF_ERROR(CheckFirstDimension(graph, graph.inputs, one.shapes, 1, "input"));
  OCTET_RETURN_IF_ERROR(CheckFirstDimension(graph, graph.outputs, one.shapes, 1, "output"));
  OCTET_RETURN_IF_ERROR(two.status());
  OCTET_RETURN_IF_ERROR(CheckFirstDimension(graph, graph.outputs, two->shapes, 2, "output"));
  for (int32_t s : one.steps) {
    const GraphStep& step = graph.steps[s];
    if (step.op->HasSideEffects()) {
      return InStep(step, absl::FailedPreconditionError("it keeps state"));
    }
    OCTET_RETURN_IF_ERROR(InStep(step, RowsApart(graph, step, one)));
    for (int32_t t : step.outputs) {
      if (!Doubled(one.shapes[t], two->shapes[t])) {
        return InStep(step,
                      absl::FailedPreconditionError(absl::StrCat(
                          "'", graph.tensors[t].name, "' has shape ", one.shapes[t].ToString(),
                          " for one row and ", two->shapes[t].ToString(), " for two")));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace octet
