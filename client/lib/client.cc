#include "octet_client/client.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/lib/convert_status.h"
#include "client/lib/wire.h"

namespace octet::client {
namespace {

using ::octet::v1::QuantizeResponse;
using QuantizeStream =
    grpc::ClientReaderWriter<octet::v1::QuantizeRequest, octet::v1::QuantizeResponse>;

constexpr size_t kChunkBytes = 1 << 20;
// More than any `.tflite` holds (its offsets have 32 bits), so that no server fills the memory.
constexpr size_t kMaxResultBytes = size_t{2} << 30;

void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(timeout));
}

// One unary call of `stub`.
template <typename Response, typename Stub, typename Request>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request, absl::Duration timeout) {
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  Response response;
  absl::Status status = ToAbslStatus((stub.*method)(&context, request, &response));
  if (!status.ok()) return status;
  return response;
}

// The parts of one tensor. False where the server has ended the call.
bool SendTensor(QuantizeStream& stream, const Tensor& tensor, bool last_of_sample) {
  octet::v1::QuantizeRequest message;
  octet::v1::SamplePart* const part = message.mutable_sample();
  part->set_name(tensor.name);
  part->set_datatype(std::string(DataTypeName(tensor.type)));
  part->mutable_shape()->Assign(tensor.shape.begin(), tensor.shape.end());
  absl::string_view rest = tensor.data;
  do {
    const absl::string_view chunk = rest.substr(0, kChunkBytes);
    rest.remove_prefix(chunk.size());
    part->set_data(chunk.data(), chunk.size());
    part->set_last(rest.empty() && last_of_sample);
    if (!stream.Write(message)) return false;
    part->Clear();
    part->set_continued(true);
  } while (!rest.empty());
  return true;
}

// Ends early, without an error of its own, where the server has ended the call.
void SendSource(QuantizeStream& stream, const QuantizeRequest& request) {
  octet::v1::QuantizeRequest message;
  *message.mutable_start() = request.start;
  message.mutable_start()->set_source_bytes(static_cast<int64_t>(request.source.size()));
  if (!stream.Write(message)) return;
  absl::string_view rest = request.source;
  while (!rest.empty()) {
    const absl::string_view chunk = rest.substr(0, kChunkBytes);
    message.set_chunk(chunk.data(), chunk.size());
    if (!stream.Write(message)) return;
    rest.remove_prefix(chunk.size());
  }
  for (const CalibrationSample& sample : request.samples) {
    for (const Tensor& tensor : sample) {
      if (!SendTensor(stream, tensor, &tensor == &sample.back())) return;
    }
  }
  stream.WritesDone();
}

// Reads until the stream ends. Errors: what the answers themselves make impossible.
absl::Status ReceiveResult(QuantizeStream& stream, QuantizeProgressCallback progress,
                           QuantizeResult& result) {
  QuantizeResponse response;
  while (stream.Read(&response)) {
    switch (response.message_case()) {
      case QuantizeResponse::kProgress:
        progress(response.progress());
        break;
      case QuantizeResponse::kReport:
        result.report = response.report();
        break;
      case QuantizeResponse::kChunk:
        if (response.chunk().size() > kMaxResultBytes - result.model.size()) {
          return absl::ResourceExhaustedError("the quantized model is larger than 2 GiB");
        }
        result.model += response.chunk();
        break;
      case QuantizeResponse::MESSAGE_NOT_SET:
        break;
    }
  }
  return absl::OkStatus();
}

}  // namespace

Client::Client(std::shared_ptr<grpc::Channel> channel, absl::Duration timeout)
    : channel_(std::move(channel)),
      timeout_(timeout),
      inference_(inference::GRPCInferenceService::NewStub(channel_)),
      quantization_(octet::v1::QuantizationService::NewStub(channel_)),
      evaluation_(octet::v1::EvaluationService::NewStub(channel_)) {}

absl::StatusOr<ServerStatus> Client::Status() const {
  using Stub = inference::GRPCInferenceService::Stub;
  ServerStatus status;
  auto live = Call(*inference_, &Stub::ServerLive, inference::ServerLiveRequest(), timeout_);
  if (!live.ok()) return live.status();
  auto ready = Call(*inference_, &Stub::ServerReady, inference::ServerReadyRequest(), timeout_);
  if (!ready.ok()) return ready.status();
  auto metadata =
      Call(*inference_, &Stub::ServerMetadata, inference::ServerMetadataRequest(), timeout_);
  if (!metadata.ok()) return metadata.status();
  status.live = live->live();
  status.ready = ready->ready();
  status.name = metadata->name();
  status.version = metadata->version();
  status.extensions.assign(metadata->extensions().begin(), metadata->extensions().end());
  return status;
}

absl::StatusOr<inference::RepositoryIndexResponse> Client::Models() const {
  return Call(*inference_, &inference::GRPCInferenceService::Stub::RepositoryIndex,
              inference::RepositoryIndexRequest(), timeout_);
}

absl::StatusOr<inference::ModelMetadataResponse> Client::Metadata(const ModelName& model) const {
  inference::ModelMetadataRequest request;
  request.set_name(model.name);
  request.set_version(model.version);
  return Call(*inference_, &inference::GRPCInferenceService::Stub::ModelMetadata, request,
              timeout_);
}

absl::StatusOr<inference::ModelConfig> Client::Config(const ModelName& model) const {
  inference::ModelConfigRequest request;
  request.set_name(model.name);
  request.set_version(model.version);
  auto response =
      Call(*inference_, &inference::GRPCInferenceService::Stub::ModelConfig, request, timeout_);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_config());
}

absl::StatusOr<InferResult> Client::Infer(const InferRequest& request) const {
  auto response = Call(*inference_, &inference::GRPCInferenceService::Stub::ModelInfer,
                       EncodeInferRequest(request), timeout_);
  if (!response.ok()) return response.status();
  return DecodeInferResponse(*std::move(response));
}

absl::StatusOr<QuantizeResult> Client::Quantize(const QuantizeRequest& request,
                                                QuantizeProgressCallback progress) const {
  grpc::ClientContext context;
  SetDeadline(context, timeout_);
  auto stream = quantization_->Quantize(&context);
  // Both ways at once: a server that answers while it still receives never waits for us.
  std::thread sender([&] { SendSource(*stream, request); });
  QuantizeResult result;
  const absl::Status received = ReceiveResult(*stream, progress, result);
  if (!received.ok()) context.TryCancel();
  sender.join();
  if (!received.ok()) return received;
  absl::Status finished = ToAbslStatus(stream->Finish());
  if (!finished.ok()) return finished;
  return result;
}

absl::StatusOr<octet::v1::EvaluateResponse> Client::Evaluate(
    const octet::v1::EvaluateRequest& request) const {
  return Call(*evaluation_, &octet::v1::EvaluationService::Stub::Evaluate, request, timeout_);
}

absl::Status Client::Load(const std::string& model) const {
  inference::RepositoryModelLoadRequest request;
  request.set_model_name(model);
  return Call(*inference_, &inference::GRPCInferenceService::Stub::RepositoryModelLoad, request,
              timeout_)
      .status();
}

absl::Status Client::Unload(const std::string& model) const {
  inference::RepositoryModelUnloadRequest request;
  request.set_model_name(model);
  return Call(*inference_, &inference::GRPCInferenceService::Stub::RepositoryModelUnload, request,
              timeout_)
      .status();
}

bool Client::Reached() const {
  return channel_->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
}

}  // namespace octet::client
