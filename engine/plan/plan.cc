#include "engine/plan/plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/memory/arena_planner.h"

namespace octet {
namespace {

absl::Status InStep(const GraphStep& step, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat("operator ", step.op_index, " (", BuiltinOpName(step.kind),
                                   "): ", status.message()));
}

ops::Shapes InputShapes(const GraphStep& step, absl::Span<const Shape> shapes) {
  ops::Shapes inputs;
  for (int32_t t : step.inputs) inputs.push_back(t == kAbsentTensor ? Shape() : shapes[t]);
  return inputs;
}

absl::StatusOr<std::vector<Shape>> InferAllShapes(const Graph& graph, int rows) {
  std::vector<Shape> shapes;
  for (const TensorDef& tensor : graph.tensors) shapes.push_back(tensor.shape);
  if (rows != 1) {
    for (int32_t t : graph.inputs) {
      if (shapes[t].rank() == 0) {
        return absl::FailedPreconditionError(
            absl::StrCat("input '", graph.tensors[t].name, "' is a scalar"));
      }
      OCTET_ASSIGN_OR_RETURN(shapes[t], shapes[t].WithRows(rows));
    }
  }
  for (const GraphStep& step : graph.steps) {
    auto outputs = step.op->InferShapes(InputShapes(step, shapes));
    OCTET_RETURN_IF_ERROR(InStep(step, outputs.status()));
    for (size_t i = 0; i < step.outputs.size(); ++i) shapes[step.outputs[i]] = (*outputs)[i];
  }
  return shapes;
}

// The tensors and scratch of a run as requests to the arena, and whom each one is for.
class ArenaDemand {
 public:
  ArenaDemand(const Graph& graph, Plan& plan, int threads) : graph_(graph), plan_(plan) {
    const auto last_step = static_cast<int32_t>(graph.steps.size());
    request_of_tensor_.assign(graph.tensors.size(), -1);
    for (int32_t t : graph.inputs) Add(t, -1);
    for (int32_t s = 0; s < last_step; ++s) {
      const GraphStep& step = graph.steps[s];
      for (int32_t t : step.outputs) Add(t, s);
      for (int32_t t : step.inputs) {
        if (t != kAbsentTensor) KeepUntil(t, s);
      }
    }
    for (int32_t t : graph.outputs) KeepUntil(t, last_step);
    for (int32_t s = 0; s < last_step; ++s) {
      const GraphStep& step = graph.steps[s];
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
    plan_.scratch_offsets.assign(layout.offsets.end() - graph_.steps.size(), layout.offsets.end());
    return absl::OkStatus();
  }

 private:
  void Add(int32_t t, int32_t step) {
    if (graph_.tensors[t].is_constant || request_of_tensor_[t] >= 0) return;
    request_of_tensor_[t] = static_cast<int32_t>(requests_.size());
    // Kernels read past the end; a neighbour that is being written must not stand there.
    const size_t bytes = plan_.shapes[t].num_elements() * DataTypeSize(graph_.tensors[t].type) +
                         ops::kInputOverReadBytes;
    requests_.push_back({bytes, step, step});
  }

  void KeepUntil(int32_t t, int32_t step) {
    if (request_of_tensor_[t] >= 0) requests_[request_of_tensor_[t]].last = step;
  }

  const Graph& graph_;
  Plan& plan_;
  std::vector<int32_t> request_of_tensor_;
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

// Rows are equal contiguous parts where dimension 0 doubled and nothing else changed.
bool Doubled(const Shape& one, const Shape& two) {
  if (one.rank() == 0 || one.rank() != two.rank() || two.dim(0) != 2 * one.dim(0)) return false;
  return std::equal(one.dims().begin() + 1, one.dims().end(), two.dims().begin() + 1);
}

}  // namespace

absl::StatusOr<Plan> BuildPlan(const Graph& graph, const PlanOptions& options) {
  Plan plan;
  plan.rows = options.rows;
  OCTET_ASSIGN_OR_RETURN(plan.shapes, InferAllShapes(graph, options.rows));
  ArenaDemand demand(graph, plan, options.threads);
  OCTET_RETURN_IF_ERROR(demand.Lay(options.max_arena_bytes));
  return plan;
}

absl::Status CheckBatchable(const Graph& graph, const Plan& one, const absl::StatusOr<Plan>& two) {
  OCTET_RETURN_IF_ERROR(CheckFirstDimension(graph, graph.inputs, one.shapes, 1, "input"));
  OCTET_RETURN_IF_ERROR(CheckFirstDimension(graph, graph.outputs, one.shapes, 1, "output"));
  OCTET_RETURN_IF_ERROR(two.status());
  OCTET_RETURN_IF_ERROR(CheckFirstDimension(graph, graph.outputs, two->shapes, 2, "output"));
  for (const GraphStep& step : graph.steps) {
    absl::InlinedVector<bool, 4> has_rows;
    for (int32_t t : step.inputs) {
      has_rows.push_back(t != kAbsentTensor && !graph.tensors[t].is_constant);
    }
    OCTET_RETURN_IF_ERROR(
        InStep(step, step.op->CheckRowsApart(InputShapes(step, one.shapes), has_rows)));
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
