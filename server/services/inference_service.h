// inference.GRPCInferenceService: the KServe v2 protocol, as Triton's clients speak it.
#ifndef OCTET_SERVER_SERVICES_INFERENCE_SERVICE_H_
#define OCTET_SERVER_SERVICES_INFERENCE_SERVICE_H_

#include <string>

#include "inference/grpc_service.grpc.pb.h"
#include "server/base/job_queue.h"
#include "server/services/infer_call.h"
#include "server/services/server_state.h"

namespace octet::server {

class InferenceService final : public inference::GRPCInferenceService::CallbackService {
 public:
  // All outlive the service; `memory` is null where shared memory is not served. `loads` runs what
  // RepositoryModelLoad asks for, from the request's bytes too where `allow_override` holds.
  InferenceService(InferEnvironment environment, const ServerState* state, JobQueue* loads,
                   SharedMemory* memory, bool allow_override, std::string version);

  grpc::ServerUnaryReactor* ServerLive(grpc::CallbackServerContext* context,
                                       const inference::ServerLiveRequest* request,
                                       inference::ServerLiveResponse* response) override;
  grpc::ServerUnaryReactor* ServerReady(grpc::CallbackServerContext* context,
                                        const inference::ServerReadyRequest* request,
                                        inference::ServerReadyResponse* response) override;
  grpc::ServerUnaryReactor* ModelReady(grpc::CallbackServerContext* context,
                                       const inference::ModelReadyRequest* request,
                                       inference::ModelReadyResponse* response) override;
  grpc::ServerUnaryReactor* ServerMetadata(grpc::CallbackServerContext* context,
                                           const inference::ServerMetadataRequest* request,
                                           inference::ServerMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelMetadata(grpc::CallbackServerContext* context,
                                          const inference::ModelMetadataRequest* request,
                                          inference::ModelMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const inference::ModelInferRequest* request,
                                       inference::ModelInferResponse* response) override;
  grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
  ModelStreamInfer(grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* ModelConfig(grpc::CallbackServerContext* context,
                                        const inference::ModelConfigRequest* request,
                                        inference::ModelConfigResponse* response) override;
  grpc::ServerUnaryReactor* ModelStatistics(grpc::CallbackServerContext* context,
                                            const inference::ModelStatisticsRequest* request,
                                            inference::ModelStatisticsResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryIndex(grpc::CallbackServerContext* context,
                                            const inference::RepositoryIndexRequest* request,
                                            inference::RepositoryIndexResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryModelLoad(
      grpc::CallbackServerContext* context, const inference::RepositoryModelLoadRequest* request,
      inference::RepositoryModelLoadResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryModelUnload(
      grpc::CallbackServerContext* context, const inference::RepositoryModelUnloadRequest* request,
      inference::RepositoryModelUnloadResponse* response) override;
  grpc::ServerUnaryReactor* SystemSharedMemoryStatus(
      grpc::CallbackServerContext* context,
      const inference::SystemSharedMemoryStatusRequest* request,
      inference::SystemSharedMemoryStatusResponse* response) override;
  grpc::ServerUnaryReactor* SystemSharedMemoryRegister(
      grpc::CallbackServerContext* context,
      const inference::SystemSharedMemoryRegisterRequest* request,
      inference::SystemSharedMemoryRegisterResponse* response) override;
  grpc::ServerUnaryReactor* SystemSharedMemoryUnregister(
      grpc::CallbackServerContext* context,
      const inference::SystemSharedMemoryUnregisterRequest* request,
      inference::SystemSharedMemoryUnregisterResponse* response) override;

  // What the calls answer, for other forms of the protocol.
  const InferEnvironment& environment() const { return environment_; }
  bool ready() const { return state_->ready(); }
  // InvalidArgument for a version that is no number.
  absl::StatusOr<bool> IsModelReady(const std::string& name, const std::string& version) const;
  void FillServerMetadata(inference::ServerMetadataResponse& response) const;
  absl::Status FillMetadata(const inference::ModelMetadataRequest& request,
                            inference::ModelMetadataResponse& response) const;
  absl::Status FillConfig(const inference::ModelConfigRequest& request,
                          inference::ModelConfigResponse& response) const;
  absl::Status FillStatistics(const inference::ModelStatisticsRequest& request,
                              inference::ModelStatisticsResponse& response) const;
  void FillIndex(bool ready_only, inference::RepositoryIndexResponse& response) const;

 private:
  const InferEnvironment environment_;
  const ServerState* const state_;
  JobQueue* const loads_;
  SharedMemory* const memory_;
  const bool allow_override_;
  const std::string version_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_INFERENCE_SERVICE_H_
