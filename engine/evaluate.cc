// Accuracy and agreement of compiled models, over the public engine.
#include "octet/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/checked_math.h"
#include "engine/base/status_macros.h"
#include "engine/evaluate/metrics.h"

namespace octet {
namespace {

// Runs one model sample by sample and keeps its latencies.
class SampleRunner {
 public:
  static absl::StatusOr<std::unique_ptr<SampleRunner>> Create(
      std::shared_ptr<const CompiledModel> model) {
    OCTET_ASSIGN_OR_RETURN(auto context, ExecutionContext::Create(model));
    return std::unique_ptr<SampleRunner>(new SampleRunner(std::move(model), std::move(context)));
  }

  absl::Status CheckInputs(absl::Span<const EvaluationInput> inputs, int64_t samples) const {
    const auto& expected = model_->description().inputs;
    if (inputs.size() != expected.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(inputs.size(), " inputs for a model of ", expected.size()));
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      const IoTensor& tensor = expected[i];
      const bool edge = inputs[i].type == DataType::kFloat32 && tensor.quantization.is_quantized();
      if (inputs[i].type != tensor.type && !edge) {
        return absl::InvalidArgumentError(absl::StrCat("input '", tensor.name, "' is ",
                                                       DataTypeName(tensor.type), ", not ",
                                                       DataTypeName(inputs[i].type)));
      }
      const int64_t sample_bytes =
          tensor.shape.num_elements() * static_cast<int64_t>(DataTypeSize(inputs[i].type));
      int64_t bytes = 0;
      if (!CheckedMul(samples, sample_bytes, &bytes) ||
          static_cast<int64_t>(inputs[i].data.size()) != bytes) {
        return absl::InvalidArgumentError(absl::StrCat(
            "input '", tensor.name, "' has ", inputs[i].data.size(), " bytes for ", samples,
            " samples of ", sample_bytes, " bytes, shape ", tensor.shape.ToString()));
      }
    }
    return absl::OkStatus();
  }

  // Runs sample `index`; its outputs as real numbers stand in output(i) until the next call.
  absl::Status Run(absl::Span<const EvaluationInput> inputs, int64_t index) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      OCTET_RETURN_IF_ERROR(SetInput(static_cast<int>(i), inputs[i], index));
    }
    context_->ResetState();  // samples are unrelated
    const auto begin = std::chrono::steady_clock::now();
    OCTET_RETURN_IF_ERROR(context_->Run());
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    latencies_us_.push_back(took.count());
    for (size_t i = 0; i < outputs_.size(); ++i) {
      OCTET_RETURN_IF_ERROR(GetOutput(static_cast<int>(i)));
    }
    return absl::OkStatus();
  }

  size_t num_outputs() const { return outputs_.size(); }
  absl::Span<const float> output(size_t i) const { return outputs_[i]; }

  LatencySummary Latency() {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    LatencySummary summary;
    for (double us : latencies_us_) summary.mean_us += us / latencies_us_.size();
    summary.p50_us = Percentile(latencies_us_, 0.50);
    summary.p90_us = Percentile(latencies_us_, 0.90);
    summary.p99_us = Percentile(latencies_us_, 0.99);
    summary.max_us = latencies_us_.back();
    return summary;
  }

 private:
  SampleRunner(std::shared_ptr<const CompiledModel> model,
               std::unique_ptr<ExecutionContext> context)
      : model_(std::move(model)), context_(std::move(context)) {
    outputs_.resize(model_->description().outputs.size());
  }

  absl::Status SetInput(int i, const EvaluationInput& input, int64_t index) {
    const IoTensor& tensor = model_->description().inputs[i];
    const size_t bytes = tensor.shape.num_elements() * DataTypeSize(input.type);
    const std::byte* sample = input.data.data() + index * bytes;
    if (input.type == tensor.type) {
      std::memcpy(context_->input(i).data(), sample, bytes);
      return absl::OkStatus();
    }
    return QuantizeValues({sample, bytes}, tensor.type, tensor.quantization, context_->input(i));
  }

  absl::Status GetOutput(int i) {
    const IoTensor& tensor = model_->description().outputs[i];
    const auto bytes = context_->output(i);
    std::vector<float>& values = outputs_[i];
    if (tensor.type == DataType::kFloat32) {
      values.resize(bytes.size() / sizeof(float));
      std::memcpy(values.data(), bytes.data(), bytes.size());
      return absl::OkStatus();
    }
    values.resize(bytes.size() / std::max<size_t>(DataTypeSize(tensor.type), 1));
    return DequantizeCodes(
        bytes, tensor.type, tensor.quantization,
        {reinterpret_cast<std::byte*>(values.data()), values.size() * sizeof(float)});
  }

  const std::shared_ptr<const CompiledModel> model_;
  const std::unique_ptr<ExecutionContext> context_;
  std::vector<std::vector<float>> outputs_;
  std::vector<double> latencies_us_;
};

// Counts over samples.
struct Counts {
  int64_t top1 = 0;
  int64_t top5 = 0;
  int64_t reference_top1 = 0;
  int64_t agree = 0;
};

absl::Status CheckLabels(const EvaluationRequest& request, const ModelDescription& model) {
  if (request.labels.empty()) return absl::OkStatus();
  if (static_cast<int64_t>(request.labels.size()) != request.samples) {
    return absl::InvalidArgumentError(
        absl::StrCat(request.labels.size(), " labels for ", request.samples, " samples"));
  }
  const int64_t classes = model.outputs[0].shape.num_elements();
  for (size_t i = 0; i < request.labels.size(); ++i) {
    if (request.labels[i] < 0 || request.labels[i] >= classes) {
      return absl::InvalidArgumentError(absl::StrCat("label ", i, " is ", request.labels[i],
                                                     "; the model has ", classes, " classes"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckReference(const ModelDescription& model, const ModelDescription& reference) {
  if (model.outputs.size() != reference.outputs.size()) {
    return absl::InvalidArgumentError(absl::StrCat("the reference has ", reference.outputs.size(),
                                                   " outputs, the model ", model.outputs.size()));
  }
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    if (model.outputs[i].shape != reference.outputs[i].shape) {
      return absl::InvalidArgumentError(
          absl::StrCat("output '", model.outputs[i].name, "' has shape ",
                       model.outputs[i].shape.ToString(), ", the reference's '",
                       reference.outputs[i].name, "' ", reference.outputs[i].shape.ToString()));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRequest(const EvaluationRequest& request, const ModelDescription& model) {
  if (request.samples < 1) return absl::InvalidArgumentError("there are no samples");
  if (model.outputs.empty() || model.outputs[0].shape.num_elements() == 0) {
    return absl::InvalidArgumentError("the model has no output to judge");
  }
  if (request.labels.empty() && request.reference == nullptr) {
    return absl::InvalidArgumentError("neither labels nor a reference model are given");
  }
  OCTET_RETURN_IF_ERROR(CheckLabels(request, model));
  if (request.reference == nullptr) return absl::OkStatus();
  return CheckReference(model, request.reference->description());
}

}  // namespace

absl::StatusOr<EvaluationReport> EvaluateModel(std::shared_ptr<const CompiledModel> model,
                                               const EvaluationRequest& request) {
  OCTET_RETURN_IF_ERROR(CheckRequest(request, model->description()));
  OCTET_ASSIGN_OR_RETURN(auto runner, SampleRunner::Create(model));
  OCTET_RETURN_IF_ERROR(runner->CheckInputs(request.inputs, request.samples));
  std::unique_ptr<SampleRunner> reference;
  if (request.reference != nullptr) {
    OCTET_ASSIGN_OR_RETURN(reference, SampleRunner::Create(request.reference));
    OCTET_RETURN_IF_ERROR(reference->CheckInputs(request.inputs, request.samples));
  }

  Counts counts;
  ErrorSum error;
  for (int64_t s = 0; s < request.samples; ++s) {
    if (request.cancelled && request.cancelled()) return absl::CancelledError("cancelled");
    OCTET_RETURN_IF_ERROR(runner->Run(request.inputs, s));
    const auto scores = runner->output(0);
    if (!request.labels.empty()) {
      const int64_t rank = RankOf(scores, request.labels[s]);
      counts.top1 += rank < 1 ? 1 : 0;
      counts.top5 += rank < 5 ? 1 : 0;
    }
    if (reference == nullptr) continue;
    OCTET_RETURN_IF_ERROR(reference->Run(request.inputs, s));
    const int64_t best = ArgMax(reference->output(0));
    counts.agree += ArgMax(scores) == best ? 1 : 0;
    if (!request.labels.empty()) counts.reference_top1 += best == request.labels[s] ? 1 : 0;
    for (size_t i = 0; i < runner->num_outputs(); ++i) {
      error.Add(runner->output(i), reference->output(i));
    }
  }

  const auto share = [&](int64_t n) { return static_cast<double>(n) / request.samples; };
  EvaluationReport report;
  report.samples = request.samples;
  report.has_labels = !request.labels.empty();
  report.top1 = share(counts.top1);
  report.top5 = share(counts.top5);
  report.latency = runner->Latency();
  if (reference != nullptr) {
    report.has_reference = true;
    report.reference_top1 = share(counts.reference_top1);
    report.agreement = share(counts.agree);
    report.mse = error.mse();
    report.sqnr_db = error.sqnr_db();
    report.max_abs_error = error.max_abs_error();
    report.reference_latency = reference->Latency();
  }
  return report;
}

}  // namespace octet
