#include "server/services/infer_call.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/batching/retry_hint.h"
#include "server/services/edge_quantization.h"
#include "server/services/infer_response.h"
#include "server/services/sequence_parameters.h"

namespace octet::server {
namespace {

// What a request holds: its message, and what it reads from shared memory.
int64_t RequestBytes(const inference::ModelInferRequest& request) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  int64_t bytes = static_cast<int64_t>(request.ByteSizeLong());
  for (const auto& input : request.inputs()) {
    const auto it = input.parameters().find("shared_memory_byte_size");
    if (it == input.parameters().end()) continue;
    bytes += std::clamp<int64_t>(it->second.int64_param(), 0, kMost);
  }
  return bytes;
}

absl::Status CheckAnswerBytes(double bytes) {
  constexpr int64_t kLimit = std::numeric_limits<int32_t>::max();
  if (bytes <= kLimit) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the answer would have ", bytes, " bytes, a message can have ", kLimit));
}

// The bytes of the answer, as far as known. Checked before room for it is made: few bytes can ask
// for many.
absl::StatusOr<int64_t> CheckSize(const ServedModel& model, const InferRequest& request) {
  if (request.rows > model.max_queue_rows()) {
    return WithoutRetry(absl::ResourceExhaustedError(
        absl::StrCat("the request has ", request.rows, " rows, the limit of model '", model.name(),
                     "' is ", model.max_queue_rows(), " (max_queue_rows, --max-queue-rows)")));
  }
  double bytes = 0;
  for (const RequestedOutput& output : request.outputs) {
    const IoTensor& tensor = model.description().outputs[output.index];
    if (tensor.shape_varies) continue;  // known after the run
    bytes += AnswerBytes(output, tensor, static_cast<double>(request.rows));
  }
  if (absl::Status check = CheckAnswerBytes(bytes); !check.ok()) return check;
  return static_cast<int64_t>(bytes);
}

// The request parameter `timeout`, in microseconds from now.
absl::StatusOr<MonotonicTime> ParseTimeout(const inference::ModelInferRequest& request,
                                           MonotonicTime now) {
  const auto it = request.parameters().find("timeout");
  if (it == request.parameters().end()) return kNever;
  const inference::InferParameter& timeout = it->second;
  if (timeout.parameter_choice_case() != inference::InferParameter::kInt64Param ||
      timeout.int64_param() < 0) {
    return absl::InvalidArgumentError(
        "parameter 'timeout' must be an int64_param >= 0, in microseconds");
  }
  constexpr int64_t kLongest = int64_t{365} * 24 * 3600 * 1'000'000;
  if (timeout.int64_param() == 0 || timeout.int64_param() > kLongest) return kNever;
  return now + std::chrono::microseconds(timeout.int64_param());
}

// Named in proto/inference/grpc_service.proto.
void DescribeTimes(const StageTimes& times, inference::ModelInferResponse& response) {
  auto& parameters = *response.mutable_parameters();
  parameters["queue_ns"].set_int64_param(times.queue.count());
  parameters["compute_ns"].set_int64_param(times.compute.count());
}

}  // namespace

InferCall::InferCall(const InferEnvironment& environment,
                     const inference::ModelInferRequest* request,
                     inference::ModelInferResponse* response, StreamState* stream,
                     std::function<void(const absl::Status&)> done)
    : environment_(environment),
      request_(request),
      response_(response),
      done_(std::move(done)),
      stream_(stream),
      scope_(environment.clock, environment.activity) {}

std::shared_ptr<InferCall> InferCall::Start(const InferEnvironment& environment,
                                            const inference::ModelInferRequest* request,
                                            inference::ModelInferResponse* response,
                                            MonotonicTime deadline, StreamState* stream,
                                            std::function<void(const absl::Status&)> done) {
  auto call = std::make_shared<InferCall>(environment, request, response, stream, std::move(done));
  absl::StatusOr<MonotonicTime> prepared = call->Prepare(deadline);
  absl::Status status = prepared.status();
  if (status.ok()) {
    call->deadline_ = *prepared;
    status = call->model_->batcher().Submit(call, *prepared);
    if (!status.ok() && call->sequence_.has_value()) {
      call->model_->sequences()->Undo(*call->sequence_, call->own_execution_);
    }
  }
  if (!status.ok()) call->Done(status, {});
  return call;
}

absl::StatusOr<MonotonicTime> InferCall::Prepare(MonotonicTime deadline) {
  ModelLookup found =
      environment_.repository->Find(request_->model_name(), request_->model_version());
  scope_.SetModel(std::move(found.metrics));
  if (!found.model.ok()) return found.model.status();
  model_ = *std::move(found.model);
  if (absl::Status charged = Charge(RequestBytes(*request_)); !charged.ok()) return charged;
  absl::StatusOr<InferRequest> parsed =
      ParseInferRequest(model_->description(), *request_, environment_.memory);
  if (!parsed.ok()) return parsed.status();
  parsed_ = *std::move(parsed);
  absl::StatusOr<MonotonicTime> timeout = ParseTimeout(*request_, environment_.clock->Now());
  if (!timeout.ok()) return timeout.status();
  absl::StatusOr<int64_t> answer_bytes = CheckSize(*model_, parsed_);
  if (!answer_bytes.ok()) return answer_bytes.status();
  if (absl::Status charged = Charge(*answer_bytes); !charged.ok()) return charged;
  if (model_->sequences() != nullptr) {
    if (absl::Status state = TakeState(); !state.ok()) return state;
  }
  if (model_->capture() != nullptr) Capture();
  response_->set_model_name(model_->name());
  response_->set_model_version(absl::StrCat(model_->version()));
  PrepareOutputs(model_->description(), parsed_, *response_);
  return std::min(deadline, *timeout);
}

absl::Status InferCall::Charge(int64_t bytes) {
  Budget& budget = *environment_.inflight_bytes;
  absl::StatusOr<Budget::Charge> charge = budget.TakeCharge(bytes);
  if (charge.ok()) {
    charges_.push_back(*std::move(charge));
    charged_bytes_ += bytes;
    return absl::OkStatus();
  }
  if (bytes > budget.limit() - charged_bytes_) return WithoutRetry(charge.status());
  return WithRetryAfter(charge.status(), model_->batcher().DrainTime(1));
}

void InferCall::Capture() {
  sample_.emplace();
  for (size_t i = 0; i < parsed_.inputs.size(); ++i) {
    std::string& row = sample_->emplace_back(model_->row_bytes().inputs[i], '\0');
    WriteInput(static_cast<int>(i), 0,
               absl::MakeSpan(reinterpret_cast<std::byte*>(row.data()), row.size()));
    const IoTensor& tensor = model_->description().inputs[i];
    if (tensor.type == DataType::kFloat32 && !AllFinite(row.data(), tensor.shape.num_elements())) {
      sample_.reset();  // no range could hold it
      return;
    }
  }
}

absl::Status InferCall::TakeState() {
  absl::StatusOr<std::optional<SequenceStep>> sequence = ParseSequence(*request_);
  if (!sequence.ok()) return sequence.status();
  if (!sequence->has_value() && stream_ == nullptr) return absl::OkStatus();
  absl::StatusOr<std::shared_ptr<Execution>> own =
      sequence->has_value()
          ? model_->sequences()->Take(**sequence, [this] { return model_->NewStatefulExecution(); })
          : stream_->Of(model_);
  if (!own.ok()) return own.status();
  own_execution_ = *std::move(own);
  sequence_ = *std::move(sequence);
  return absl::OkStatus();
}

void InferCall::Cancel() {
  if (model_ == nullptr) return;
  const bool late = environment_.clock->Now() >= deadline_;
  model_->batcher().Cancel(this,
                           late ? absl::DeadlineExceededError("the deadline passed in the queue")
                                : absl::CancelledError("the client cancelled the request"));
}

void InferCall::WriteInput(int input, int64_t first_row, absl::Span<std::byte> out) {
  const int64_t elements = model_->description().inputs[input].shape.num_elements();
  const int64_t rows = static_cast<int64_t>(out.size() / model_->row_bytes().inputs[input]);
  parsed_.inputs[input](first_row * elements, rows * elements, out.data());
}

void InferCall::ReadOutput(int output, int64_t first_row, absl::Span<const std::byte> rows) {
  WriteOutput(model_->description(), parsed_, output, first_row, rows, *response_);
}

absl::Status InferCall::TakeOutput(int output, const Shape& shape,
                                   absl::Span<const std::byte> bytes) {
  const double answer = static_cast<double>(shape.num_elements()) * sizeof(float);
  if (absl::Status size = CheckAnswerBytes(std::max<double>(answer, bytes.size())); !size.ok()) {
    return size;
  }
  WriteVaryingOutput(model_->description(), parsed_, output, shape, bytes, *response_);
  return absl::OkStatus();
}

void InferCall::Done(const absl::Status& run, const StageTimes& times) {
  // Before the client can ask again: with its answer a request is no longer under way.
  own_execution_.reset();
  absl::Status status = run;
  if (status.ok()) status = FinishOutputs(parsed_, *response_);
  if (!status.ok()) response_->Clear();
  response_->set_id(request_->id());
  if (status.ok()) DescribeTimes(times, *response_);
  if (status.ok() && sample_.has_value()) model_->capture()->Add(*std::move(sample_));
  scope_.Finish(status.code(), parsed_.rows, times);
  done_(status);
}

}  // namespace octet::server
