// grpc.health.v1.Health for the daemon ("") and each model.
#ifndef OCTET_SERVER_SERVICES_HEALTH_SERVICE_H_
#define OCTET_SERVER_SERVICES_HEALTH_SERVICE_H_

#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/models/repository.h"
#include "server/services/server_state.h"

namespace octet::server {

class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // Both outlive the service.
  HealthService(const ServerState* state, const ModelRepository* repository);
  ~HealthService() override;

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

  // Tells watchers what may have changed. Thread-safe.
  void Notify();
  // Ends all watches, so that they do not hold up the end of the daemon.
  void EndWatches();

 private:
  class Watcher;

  grpc::health::v1::HealthCheckResponse::ServingStatus StatusOf(const std::string& service) const;

  const ServerState* const state_;
  const ModelRepository* const repository_;
  absl::Mutex mutex_;
  std::set<Watcher*> watchers_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_HEALTH_SERVICE_H_
