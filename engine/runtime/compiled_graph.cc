#include "engine/runtime/compiled_graph.h"

#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/runtime/graph_runner.h"

namespace octet {
namespace {

// Values that exercise a model: small reals, or any code.
void FillInput(DataType type, absl::Span<std::byte> bytes, std::minstd_rand& random) {
  if (type == DataType::kFloat32) {
    std::uniform_real_distribution<float> value(-1.0f, 1.0f);
    for (size_t i = 0; i + sizeof(float) <= bytes.size(); i += sizeof(float)) {
      const float v = value(random);
      std::memcpy(bytes.data() + i, &v, sizeof(v));
    }
    return;
  }
  // Wider integers may be indices, for which only small numbers make sense.
  const size_t size = DataTypeSize(type);
  const bool codes = size == 1 && type != DataType::kBool;
  for (size_t i = 0; i < bytes.size(); i += size) {
    std::memset(bytes.data() + i, 0, size);
    bytes[i] = static_cast<std::byte>(codes ? random() >> 8 : random() & 1);
  }
}

// One run of two rows against two runs of one row. OK where all bytes agree.
absl::Status ConfirmBatching(const CompiledGraph& compiled) {
  GraphRunner both(compiled);
  GraphRunner single(compiled);
  OCTET_RETURN_IF_ERROR(both.SetRows(2));
  OCTET_RETURN_IF_ERROR(single.SetRows(1));
  const Graph& graph = compiled.graph();
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

absl::StatusOr<std::shared_ptr<const CompiledGraph>> CompiledGraph::Compile(
    std::shared_ptr<const Model> model, const RuntimeOptions& options) {
  OCTET_ASSIGN_OR_RETURN(auto graph, PrepareGraph(std::move(model), options.graph));
  std::shared_ptr<CompiledGraph> compiled(new CompiledGraph(std::move(graph), options));
  OCTET_ASSIGN_OR_RETURN(Plan one, compiled->NewPlan(1));
  const absl::StatusOr<Plan> two = compiled->NewPlan(2);
  const absl::Status batchable = CheckBatchable(compiled->graph(), one, two);
  compiled->one_row_ = std::make_shared<const Plan>(std::move(one));
  if (batchable.ok()) {
    const absl::Status confirmed = ConfirmBatching(*compiled);
    compiled->not_batchable_ = std::string(confirmed.message());
  } else {
    compiled->not_batchable_ = std::string(batchable.message());
  }
  return compiled;
}

absl::StatusOr<Plan> CompiledGraph::NewPlan(int rows) const {
  PlanOptions plan_options;
  plan_options.rows = rows;
  plan_options.threads = options_.pool == nullptr ? 1 : options_.pool->threads();
  plan_options.max_arena_bytes = options_.max_arena_bytes;
  return BuildPlan(*graph_, plan_options);
}

absl::StatusOr<std::shared_ptr<const Plan>> CompiledGraph::PlanFor(int rows) const {
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
  OCTET_ASSIGN_OR_RETURN(Plan plan, NewPlan(rows));
  absl::MutexLock lock(&mutex_);
  return plans_.emplace(rows, std::make_shared<const Plan>(std::move(plan))).first->second;
}

}  // namespace octet
