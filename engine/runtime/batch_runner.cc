#include "engine/runtime/batch_runner.h"

#include <cstring>
#include <utility>

#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"

namespace octet {

int BatchParts(int rows, int threads) {
  const int64_t largest = CeilDiv(rows, threads);
  // What a barrier after each operator costs: on two threads, 10 to 25 % of a batch of 8.
  const bool even = largest * threads * 100 <= int64_t{rows} * 115;
  return rows >= threads && even ? threads : 1;
}

BatchRunner::BatchRunner(const CompiledProgram& compiled, ops::SubgraphRunner& subgraphs)
    : compiled_(compiled) {
  RunEnvironment environment;
  environment.subgraphs = &subgraphs;
  const int threads = compiled.pool() == nullptr ? 1 : compiled.pool()->threads();
  for (int t = 0; t < threads; ++t) {
    runners_.push_back(std::make_unique<GraphRunner>(compiled.main(), 0, environment));
  }
  results_.resize(threads);
  for (size_t i = 0; i < compiled.main().inputs.size(); ++i) {
    inputs_.emplace_back(subgraphs.memory());
  }
  for (size_t i = 0; i < compiled.main().outputs.size(); ++i) {
    outputs_.emplace_back(subgraphs.memory());
  }
}

absl::Status BatchRunner::Lay(absl::Span<const int32_t> tensors, std::vector<Rows>& rows) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(rows[i].shape, compiled_.one_row().shapes[tensors[i]].WithRows(rows_));
    rows[i].bytes =
        rows[i].shape.num_elements() * DataTypeSize(compiled_.main().tensors[tensors[i]].type);
    OCTET_RETURN_IF_ERROR(rows[i].buffer.Reserve(rows[i].bytes));
  }
  return absl::OkStatus();
}

ops::Range BatchRunner::RowsOf(int64_t part) const {
  return ops::Share(rows_, 1, part, static_cast<int64_t>(runners_.size()));
}

absl::Status BatchRunner::SetRows(int rows) {
  rows_ = rows;
  for (size_t part = 0; part < runners_.size(); ++part) {
    const ops::Range own = RowsOf(static_cast<int64_t>(part));
    OCTET_ASSIGN_OR_RETURN(auto plan, compiled_.PlanFor(static_cast<int>(own.end - own.begin)));
    OCTET_RETURN_IF_ERROR(runners_[part]->SetPlan(std::move(plan)));
  }
  OCTET_RETURN_IF_ERROR(Lay(compiled_.main().inputs, inputs_));
  return Lay(compiled_.main().outputs, outputs_);
}

absl::Status BatchRunner::RunPart(int64_t part) {
  const int64_t first = RowsOf(part).begin;
  GraphRunner& runner = *runners_[part];
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const absl::Span<std::byte> to = runner.input(static_cast<int>(i));
    const std::byte* from = inputs_[i].buffer.data() + first * (inputs_[i].bytes / rows_);
    if (!to.empty()) std::memcpy(to.data(), from, to.size());
  }
  OCTET_RETURN_IF_ERROR(runner.Run());
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const size_t row_bytes = outputs_[i].bytes / rows_;
    const size_t bytes = (RowsOf(part).end - first) * row_bytes;
    const void* from = runner.output(static_cast<int>(i)).data;
    if (bytes > 0) std::memcpy(outputs_[i].buffer.data() + first * row_bytes, from, bytes);
  }
  return absl::OkStatus();
}

absl::Status BatchRunner::Run() {
  const auto parts = static_cast<int64_t>(runners_.size());
  ops::ForEachPart(compiled_.pool(), parts, [&](int64_t part) { results_[part] = RunPart(part); });
  for (const absl::Status& result : results_) OCTET_RETURN_IF_ERROR(result);
  return absl::OkStatus();
}

}  // namespace octet
