#include "server/services/evaluation_service.h"

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/services/data_types.h"
#include "server/services/edge_quantization.h"
#include "server/services/infer_request.h"
#include "server/services/status.h"

namespace octet::server {
namespace {

using octet::v1::EvaluateRequest;
using octet::v1::EvaluateResponse;
using octet::v1::SampleTensor;

template <typename... Text>
absl::Status Wrong(const Text&... text) {
  return absl::InvalidArgumentError(absl::StrCat(text...));
}

// The shape of one sample, without a leading 1.
std::vector<int64_t> SampleShape(const IoTensor& tensor) {
  std::vector<int64_t> shape(tensor.shape.dims().begin(), tensor.shape.dims().end());
  if (!shape.empty() && shape[0] == 1) shape.erase(shape.begin());
  return shape;
}

absl::StatusOr<int64_t> CountSamples(const IoTensor& tensor, const SampleTensor& message) {
  const absl::Span<const int64_t> given(message.shape().data(), message.shape_size());
  const absl::Span<const int32_t> dims = tensor.shape.dims();
  const std::vector<int64_t> full(dims.begin(), dims.end());
  const std::vector<int64_t> sample = SampleShape(tensor);
  if (!given.empty() && given[0] >= 1) {
    const absl::Span<const int64_t> rest = given.subspan(1);
    if (rest == absl::MakeConstSpan(sample) || rest == absl::MakeConstSpan(full)) return given[0];
  }
  std::vector<int64_t> right = {-1};
  right.insert(right.end(), sample.begin(), sample.end());
  return Wrong("input '", tensor.name, "': shape is ", ShapeText(given), ", must be ",
               ShapeText(right), " with the number of samples for -1");
}

absl::StatusOr<EvaluationInput> ParseInput(const IoTensor& tensor, const SampleTensor& message,
                                           int64_t samples) {
  const std::optional<DataType> type = ParseProtocolType(message.datatype());
  const bool quantizable = IsEdgeQuantizable(tensor.type, tensor.quantization);
  if (type != tensor.type && !(type == DataType::kFloat32 && quantizable)) {
    return Wrong("input '", tensor.name, "': datatype is '", message.datatype(), "', must be ",
                 ProtocolTypeName(tensor.type), quantizable ? " or FP32" : "");
  }
  const int64_t sample_bytes = tensor.shape.num_elements() * DataTypeSize(*type);
  const int64_t bytes = static_cast<int64_t>(message.data().size());
  if (sample_bytes == 0 || bytes % sample_bytes != 0 || bytes / sample_bytes != samples) {
    return Wrong("input '", tensor.name, "': data has ", bytes, " bytes, must have ", sample_bytes,
                 " for each of ", samples, " samples");
  }
  return EvaluationInput{
      *type, {reinterpret_cast<const std::byte*>(message.data().data()), message.data().size()}};
}

void Describe(const LatencySummary& latency, octet::v1::LatencySummary* message) {
  message->set_mean_us(latency.mean_us);
  message->set_p50_us(latency.p50_us);
  message->set_p90_us(latency.p90_us);
  message->set_p99_us(latency.p99_us);
  message->set_max_us(latency.max_us);
}

void Describe(const ServedModel& model, octet::v1::ModelRef* message) {
  message->set_name(model.name());
  message->set_version(absl::StrCat(model.version()));
}

void Describe(const EvaluationReport& report, EvaluateResponse& message) {
  message.set_samples(report.samples);
  if (report.has_labels) {
    message.set_top1(report.top1);
    message.set_top5(report.top5);
  }
  if (report.has_reference) {
    message.set_agreement(report.agreement);
    message.set_mse(report.mse);
    message.set_sqnr_db(report.sqnr_db);
    message.set_max_abs_error(report.max_abs_error);
    Describe(report.reference_latency, message.mutable_reference_latency());
  }
  if (report.has_labels && report.has_reference) {
    message.set_reference_top1(report.reference_top1);
  }
  Describe(report.latency, message.mutable_latency());
}

void Publish(const EvaluationReport& report, ModelMetrics& metrics) {
  if (report.has_labels) metrics.SetTop1(report.top1);
  if (report.has_reference) {
    metrics.SetAgreement(report.agreement);
    metrics.SetSqnr(report.sqnr_db);
  }
}

class EvaluateCall final : public grpc::ServerUnaryReactor {
 public:
  EvaluateCall(ModelRepository* repository, JobQueue* jobs, Activity* activity,
               const EvaluateRequest* request, EvaluateResponse* response)
      : repository_(repository), activity_(activity), request_(request), response_(response) {
    activity_->Begin();
    const absl::Status submitted = jobs->Submit([this] { Finish(ToGrpcStatus(Run())); });
    if (!submitted.ok()) Finish(ToGrpcStatus(submitted));
  }
  void OnCancel() override { cancelled_ = true; }
  void OnDone() override {
    activity_->End();
    delete this;
  }

 private:
  absl::Status Run() {
    ModelLookup found = repository_->Find(request_->model().name(), request_->model().version());
    if (!found.model.ok()) return found.model.status();
    const ServedModel& model = **found.model;
    if (request_->labels().empty() && !request_->has_reference()) {
      return absl::InvalidArgumentError("neither labels nor a reference model are given");
    }
    absl::StatusOr<EvaluationRequest> samples = ParseSamples(model.description(), *request_);
    if (!samples.ok()) return samples.status();
    samples->cancelled = [this] { return cancelled_.load(); };
    ModelHandle reference;
    if (request_->has_reference()) {
      ModelLookup other =
          repository_->Find(request_->reference().name(), request_->reference().version());
      if (!other.model.ok()) return other.model.status();
      reference = *std::move(other.model);
      samples->reference = reference->compiled();
      Describe(*reference, response_->mutable_reference());
      response_->set_reference_bytes(reference->file_bytes());
    }
    absl::StatusOr<EvaluationReport> report = EvaluateModel(model.compiled(), *samples);
    if (!report.ok()) return report.status();
    Describe(*report, *response_);
    Describe(model, response_->mutable_model());
    response_->set_model_bytes(model.file_bytes());
    Publish(*report, *model.metrics());
    return absl::OkStatus();
  }

  ModelRepository* const repository_;
  Activity* const activity_;
  const EvaluateRequest* const request_;
  EvaluateResponse* const response_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

absl::StatusOr<EvaluationRequest> ParseSamples(const ModelDescription& model,
                                               const EvaluateRequest& message) {
  EvaluationRequest request;
  for (const SampleTensor& given : message.inputs()) {
    bool known = false;
    for (const IoTensor& tensor : model.inputs) known |= tensor.name == given.name();
    if (!known) return Wrong("input '", given.name(), "': the model has no such input");
  }
  for (const IoTensor& tensor : model.inputs) {
    const SampleTensor* found = nullptr;
    for (const SampleTensor& given : message.inputs()) {
      if (given.name() != tensor.name) continue;
      if (found != nullptr) return Wrong("input '", tensor.name, "' is given twice");
      found = &given;
    }
    if (found == nullptr) return Wrong("input '", tensor.name, "' is missing");
    absl::StatusOr<int64_t> samples = CountSamples(tensor, *found);
    if (!samples.ok()) return samples.status();
    if (!request.inputs.empty() && *samples != request.samples) {
      return Wrong("input '", tensor.name, "' has ", *samples, " samples, '", model.inputs[0].name,
                   "' has ", request.samples);
    }
    request.samples = *samples;
    absl::StatusOr<EvaluationInput> input = ParseInput(tensor, *found, *samples);
    if (!input.ok()) return input.status();
    request.inputs.push_back(*input);
  }
  if (!message.labels().empty() && message.labels_size() != request.samples) {
    return Wrong("labels has ", message.labels_size(), " entries, must have one for each of ",
                 request.samples, " samples");
  }
  request.labels = {message.labels().data(), static_cast<size_t>(message.labels_size())};
  return request;
}

EvaluationService::EvaluationService(ModelRepository* repository, JobQueue* jobs,
                                     Activity* activity)
    : repository_(repository), jobs_(jobs), activity_(activity) {}

grpc::ServerUnaryReactor* EvaluationService::Evaluate(grpc::CallbackServerContext* /*context*/,
                                                      const EvaluateRequest* request,
                                                      EvaluateResponse* response) {
  return new EvaluateCall(repository_, jobs_, activity_, request, response);
}

}  // namespace octet::server
