#include "server/services/inference_service.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/services/metadata.h"
#include "server/services/model_override.h"
#include "server/services/status.h"
#include "server/services/stream_infer.h"

namespace octet::server {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* Answer(CallbackServerContext* context, const absl::Status& status) {
  ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// Runs `job` later and answers with what it returns.
template <typename Job>
ServerUnaryReactor* AnswerLater(CallbackServerContext* context, JobQueue& queue, Job job) {
  ServerUnaryReactor* const reactor = context->DefaultReactor();
  const absl::Status submitted =
      queue.Submit([reactor, job] { reactor->Finish(ToGrpcStatus(job())); });
  if (!submitted.ok()) reactor->Finish(ToGrpcStatus(submitted));
  return reactor;
}

class UnaryInfer final : public ServerUnaryReactor {
 public:
  UnaryInfer(const InferEnvironment& environment, CallbackServerContext* context,
             const inference::ModelInferRequest* request, inference::ModelInferResponse* response) {
    call_ = InferCall::Start(environment, request, response,
                             FromWallClock(*environment.clock, context->deadline()),
                             /*stream=*/nullptr, [this, context](const absl::Status& status) {
                               AddRetryPushback(status, *context);
                               Finish(ToGrpcStatus(status));
                             });
  }
  void OnCancel() override { call_->Cancel(); }
  void OnDone() override { delete this; }

 private:
  std::shared_ptr<InferCall> call_;
};

// States as the protocol spells them.
const char* IndexState(ModelState state) {
  switch (state) {
    case ModelState::kReady:
      return "READY";
    case ModelState::kLoading:
      return "LOADING";
    case ModelState::kDraining:
      return "UNLOADING";
    case ModelState::kUnavailable:
    case ModelState::kFailed:
      return "UNAVAILABLE";
  }
  return "UNKNOWN";
}

absl::Status SharedMemoryIsOff() {
  return absl::UnimplementedError(
      "shared memory is not served: --enable-shared-memory turns it on");
}

}  // namespace

InferenceService::InferenceService(InferEnvironment environment, const ServerState* state,
                                   JobQueue* loads, SharedMemory* memory, bool allow_override,
                                   std::string version)
    : environment_(environment),
      state_(state),
      loads_(loads),
      memory_(memory),
      allow_override_(allow_override),
      version_(std::move(version)) {}

ServerUnaryReactor* InferenceService::ServerLive(CallbackServerContext* context,
                                                 const inference::ServerLiveRequest* /*request*/,
                                                 inference::ServerLiveResponse* response) {
  response->set_live(true);
  return Answer(context, absl::OkStatus());
}

ServerUnaryReactor* InferenceService::ServerReady(CallbackServerContext* context,
                                                  const inference::ServerReadyRequest* /*request*/,
                                                  inference::ServerReadyResponse* response) {
  response->set_ready(state_->ready());
  return Answer(context, absl::OkStatus());
}

ServerUnaryReactor* InferenceService::ModelReady(CallbackServerContext* context,
                                                 const inference::ModelReadyRequest* request,
                                                 inference::ModelReadyResponse* response) {
  const absl::StatusOr<bool> ready = IsModelReady(request->name(), request->version());
  response->set_ready(ready.ok() && *ready);
  return Answer(context, ready.status());
}

absl::StatusOr<bool> InferenceService::IsModelReady(const std::string& name,
                                                    const std::string& version) const {
  const absl::Status found = environment_.repository->Find(name, version).model.status();
  if (absl::IsInvalidArgument(found)) return found;
  return found.ok() && !state_->draining();
}

ServerUnaryReactor* InferenceService::ServerMetadata(
    CallbackServerContext* context, const inference::ServerMetadataRequest* /*request*/,
    inference::ServerMetadataResponse* response) {
  FillServerMetadata(*response);
  return Answer(context, absl::OkStatus());
}

void InferenceService::FillServerMetadata(inference::ServerMetadataResponse& response) const {
  response.set_name("octet");
  response.set_version(version_);
  for (const char* extension : {"binary_tensor_data", "classification", "model_configuration",
                                "model_repository", "parameters", "sequence", "statistics"}) {
    response.add_extensions(extension);
  }
  if (memory_ != nullptr) response.add_extensions("system_shared_memory");
}

ServerUnaryReactor* InferenceService::ModelMetadata(CallbackServerContext* context,
                                                    const inference::ModelMetadataRequest* request,
                                                    inference::ModelMetadataResponse* response) {
  return Answer(context, FillMetadata(*request, *response));
}

absl::Status InferenceService::FillMetadata(const inference::ModelMetadataRequest& request,
                                            inference::ModelMetadataResponse& response) const {
  const ModelLookup found = environment_.repository->Find(request.name(), request.version());
  if (!found.model.ok()) return found.model.status();
  std::vector<std::string> versions;
  for (const ModelHandle& model : environment_.repository->ReadyVersions(request.name())) {
    versions.push_back(absl::StrCat(model->version()));
  }
  DescribeModel(**found.model, versions, response);
  return absl::OkStatus();
}

ServerUnaryReactor* InferenceService::ModelInfer(CallbackServerContext* context,
                                                 const inference::ModelInferRequest* request,
                                                 inference::ModelInferResponse* response) {
  return new UnaryInfer(environment_, context, request, response);
}

grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
InferenceService::ModelStreamInfer(CallbackServerContext* context) {
  return NewStreamInfer(environment_, context);
}

ServerUnaryReactor* InferenceService::ModelConfig(CallbackServerContext* context,
                                                  const inference::ModelConfigRequest* request,
                                                  inference::ModelConfigResponse* response) {
  return Answer(context, FillConfig(*request, *response));
}

absl::Status InferenceService::FillConfig(const inference::ModelConfigRequest& request,
                                          inference::ModelConfigResponse& response) const {
  const ModelLookup found = environment_.repository->Find(request.name(), request.version());
  if (!found.model.ok()) return found.model.status();
  DescribeConfig(**found.model, *response.mutable_config());
  return absl::OkStatus();
}

ServerUnaryReactor* InferenceService::ModelStatistics(
    CallbackServerContext* context, const inference::ModelStatisticsRequest* request,
    inference::ModelStatisticsResponse* response) {
  return Answer(context, FillStatistics(*request, *response));
}

absl::Status InferenceService::FillStatistics(const inference::ModelStatisticsRequest& request,
                                              inference::ModelStatisticsResponse& response) const {
  std::vector<ModelHandle> models;
  if (request.version().empty() &&
      (request.name().empty() || environment_.repository->Knows(request.name()))) {
    models = environment_.repository->ReadyVersions(request.name());
  } else {
    ModelLookup found = environment_.repository->Find(request.name(), request.version());
    if (!found.model.ok()) return found.model.status();
    models.push_back(*std::move(found.model));
  }
  for (const ModelHandle& model : models) {
    DescribeStatistics(*model, model->metrics()->Statistics(), *response.add_model_stats());
  }
  return absl::OkStatus();
}

ServerUnaryReactor* InferenceService::RepositoryIndex(
    CallbackServerContext* context, const inference::RepositoryIndexRequest* request,
    inference::RepositoryIndexResponse* response) {
  FillIndex(request->ready(), *response);
  return Answer(context, absl::OkStatus());
}

void InferenceService::FillIndex(bool ready_only,
                                 inference::RepositoryIndexResponse& response) const {
  for (const ModelIndexEntry& entry : environment_.repository->Index()) {
    if (ready_only && entry.state != ModelState::kReady) continue;
    auto* const model = response.add_models();
    model->set_name(entry.name);
    model->set_version(entry.version);
    model->set_state(IndexState(entry.state));
    model->set_reason(entry.reason);
  }
}

ServerUnaryReactor* InferenceService::RepositoryModelLoad(
    CallbackServerContext* context, const inference::RepositoryModelLoadRequest* request,
    inference::RepositoryModelLoadResponse* /*response*/) {
  absl::StatusOr<ModelOverride> replaced = ParseModelOverride(*request, allow_override_);
  if (!replaced.ok()) return Answer(context, replaced.status());
  return AnswerLater(
      context, *loads_,
      [repository = environment_.repository, name = request->model_name(),
       replaced = *std::move(replaced)] { return repository->Load(name, replaced); });
}

ServerUnaryReactor* InferenceService::RepositoryModelUnload(
    CallbackServerContext* context, const inference::RepositoryModelUnloadRequest* request,
    inference::RepositoryModelUnloadResponse* /*response*/) {
  return AnswerLater(context, *loads_,
                     [repository = environment_.repository, name = request->model_name()] {
                       return repository->Unload(name);
                     });
}

ServerUnaryReactor* InferenceService::SystemSharedMemoryStatus(
    CallbackServerContext* context, const inference::SystemSharedMemoryStatusRequest* request,
    inference::SystemSharedMemoryStatusResponse* response) {
  if (memory_ == nullptr) return Answer(context, SharedMemoryIsOff());
  if (!request->name().empty()) {
    const absl::Status found = memory_->Find(request->name()).status();
    if (!found.ok()) return Answer(context, absl::NotFoundError(found.message()));
  }
  for (const auto& [name, region] : memory_->List()) {
    if (!request->name().empty() && request->name() != name) continue;
    auto& status = (*response->mutable_regions())[name];
    status.set_name(name);
    status.set_key(region->key());
    status.set_offset(region->offset());
    status.set_byte_size(region->byte_size());
  }
  return Answer(context, absl::OkStatus());
}

ServerUnaryReactor* InferenceService::SystemSharedMemoryRegister(
    CallbackServerContext* context, const inference::SystemSharedMemoryRegisterRequest* request,
    inference::SystemSharedMemoryRegisterResponse* /*response*/) {
  if (memory_ == nullptr) return Answer(context, SharedMemoryIsOff());
  return Answer(context, memory_->Register(request->name(), request->key(), request->offset(),
                                           request->byte_size()));
}

ServerUnaryReactor* InferenceService::SystemSharedMemoryUnregister(
    CallbackServerContext* context, const inference::SystemSharedMemoryUnregisterRequest* request,
    inference::SystemSharedMemoryUnregisterResponse* /*response*/) {
  if (memory_ == nullptr) return Answer(context, SharedMemoryIsOff());
  memory_->Unregister(request->name());
  return Answer(context, absl::OkStatus());
}

}  // namespace octet::server
