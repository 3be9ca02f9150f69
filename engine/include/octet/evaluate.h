// Accuracy and agreement of models on a data set.
#ifndef OCTET_EVALUATE_H_
#define OCTET_EVALUATE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "octet/engine.h"

namespace octet {

// Samples for a model: for each of its inputs, all samples one after the other, dense, in the
// input's own data type, or in FLOAT32 for a quantized input (then quantized with its scale and
// zero point, ties to even).
struct EvaluationInput {
  DataType type = DataType::kFloat32;
  absl::Span<const std::byte> data;
};

struct EvaluationRequest {
  std::vector<EvaluationInput> inputs;  // one for each input of the model, in its order
  int64_t samples = 0;
  absl::Span<const int64_t> labels;  // empty, or one class for each sample
  // Compared with; same inputs (types may differ: FLOAT32 samples suit both). May be null.
  std::shared_ptr<const CompiledModel> reference;
  // Asked between samples; returning true ends the work with Cancelled. May be empty.
  std::function<bool()> cancelled;
};

struct LatencySummary {
  double mean_us = 0;
  double p50_us = 0;
  double p90_us = 0;
  double p99_us = 0;
  double max_us = 0;
};

struct EvaluationReport {
  int64_t samples = 0;
  bool has_labels = false;
  double top1 = 0;  // share of samples whose largest output is the label
  double top5 = 0;
  bool has_reference = false;
  double reference_top1 = 0;  // with labels
  double agreement = 0;       // share of samples on which both put the same class first
  double mse = 0;             // of dequantized outputs against the reference's
  double sqnr_db = 0;         // 10 log10(sum ref^2 / sum (out - ref)^2); infinite if equal
  double max_abs_error = 0;
  LatencySummary latency;  // one sample a run, compute alone
  LatencySummary reference_latency;
};

// Runs every sample, one row at a time, on the calling thread and the models' pools. Class scores
// are the first output. Errors: InvalidArgument where data does not fit the model's inputs or a
// label is out of range; Cancelled.
absl::StatusOr<EvaluationReport> EvaluateModel(std::shared_ptr<const CompiledModel> model,
                                               const EvaluationRequest& request);

}  // namespace octet

#endif  // OCTET_EVALUATE_H_
