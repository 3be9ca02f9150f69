#include "engine/runtime/compiled_program.h"

#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/runtime/made_up_input.h"
#include "engine/runtime/program_runner.h"

namespace octet {
namespace {

// One run of two rows against two runs of one row. OK where all bytes agree.
absl::Status ConfirmBatching(const CompiledProgram& compiled) {
  ProgramRunner both = ProgramRunner::OfWholeBatches(compiled);
  ProgramRunner single(compiled);
  OCTET_RETURN_IF_ERROR(both.SetRows(2));
  OCTET_RETURN_IF_ERROR(single.SetRows(1));
  const Graph& graph = compiled.main();
  std::minstd_rand random(1);
  std::vector<std::vector<std::byte>> inputs;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    inputs.emplace_back(both.input(i).size());
    FillInput(graph.tensors[graph.inputs[i]].type, absl::MakeSpan(inputs[i]), random);
    std::memcpy(both.input(i).data(), inputs[i].data(), inputs[i].size());
  }
  OCTET_RETURN_IF_ERROR(both.Run());
  for (int row = 0; row < 2; ++row) {
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
      const size_t size = single.input(i).size();
      std::memcpy(single.input(i).data(), inputs[i].data() + row * size, size);
    }
    OCTET_RETURN_IF_ERROR(single.Run());
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      const auto alone = single.output(i);
      if (std::memcmp(alone.data(), both.output(i).data() + row * alone.size(), alone.size()) !=
          0) {
        return absl::FailedPreconditionError(
            absl::StrCat("output '", graph.tensors[graph.outputs[i]].name,
                         "' of a row changes with the batch that the row is in"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

PlanOptions CompiledProgram::plan_options() const {
  PlanOptions plan_options;
  plan_options.threads = options_.pool == nullptr ? 1 : options_.pool->threads();
  plan_options.max_arena_bytes = options_.max_arena_bytes;
  return plan_options;
}

// OK where rows may share a run.
absl::Status CompiledProgram::CheckRows() const {
  if (program_->stateful) return absl::FailedPreconditionError("it keeps state between runs");
  absl::StatusOr<Plan> two = absl::FailedPreconditionError("");
  auto shapes = InputShapesFor(main(), 2);
  two = shapes.ok() ? BuildPlan(main(), *std::move(shapes), plan_options()) : shapes.status();
  return CheckBatchable(main(), *one_row_, two);
}

absl::StatusOr<std::shared_ptr<const CompiledProgram>> CompiledProgram::Compile(
    std::shared_ptr<const Model> model, const RuntimeOptions& options) {
  GraphOptions graph = options.graph;
  if (options.pool != nullptr) graph.threads = options.pool->threads();
  OCTET_ASSIGN_OR_RETURN(auto program, PrepareProgram(std::move(model), graph));
  std::shared_ptr<CompiledProgram> compiled(new CompiledProgram(std::move(program), options));
  OCTET_ASSIGN_OR_RETURN(std::vector<Shape> shapes, InputShapesFor(compiled->main(), 1));
  OCTET_ASSIGN_OR_RETURN(compiled->one_row_,
                         compiled->NewPlan(compiled->main(), std::move(shapes)));
  absl::Status batchable = compiled->CheckRows();
  if (batchable.ok()) batchable = ConfirmBatching(*compiled);
  compiled->not_batchable_ = std::string(batchable.message());
  return compiled;
}

absl::StatusOr<std::shared_ptr<const Plan>> CompiledProgram::NewPlan(
    const Graph& graph, std::vector<Shape> input_shapes) const {
  OCTET_ASSIGN_OR_RETURN(Plan plan, BuildPlan(graph, std::move(input_shapes), plan_options()));
  return std::make_shared<const Plan>(std::move(plan));
}

absl::StatusOr<std::shared_ptr<const Plan>> CompiledProgram::PlanFor(int rows) const {
  if (rows == 1) return one_row_;
  if (rows < 1) return absl::InvalidArgumentError(absl::StrCat(rows, " rows"));
  if (!batchable()) {
    return absl::InvalidArgumentError(
        absl::StrCat(rows, " rows for a model that takes one: ", not_batchable_));
  }
  {
    absl::MutexLock lock(&mutex_);
    const auto found = plans_.find(rows);
    if (found != plans_.end()) return found->second;
  }
  // Two callers may plan the same size at once; both plans are alike and one is kept.
  OCTET_ASSIGN_OR_RETURN(std::vector<Shape> shapes, InputShapesFor(main(), rows));
  OCTET_ASSIGN_OR_RETURN(auto plan, NewPlan(main(), std::move(shapes)));
  absl::MutexLock lock(&mutex_);
  return plans_.emplace(rows, std::move(plan)).first->second;
}

}  // namespace octet
