#include "server/services/health_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/services/status.h"

namespace octet::server {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One Watch call. The service's lock is taken before a watcher's.
class HealthService::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  Watcher(HealthService* health, std::string service)
      : health_(health), service_(std::move(service)) {}

  const std::string& service() const { return service_; }

  void Show(HealthCheckResponse::ServingStatus status) {
    absl::MutexLock lock(&mutex_);
    wanted_ = status;
    WriteIfNew();
  }

  void End() {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    FinishIfEnding();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    ending_ |= !ok;
    WriteIfNew();
    FinishIfEnding();
  }
  void OnCancel() override { End(); }
  void OnDone() override {
    {
      absl::MutexLock lock(&health_->mutex_);
      health_->watchers_.erase(this);
    }
    delete this;
  }

 private:
  void WriteIfNew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_ || ending_ || wanted_ == response_.status()) return;
    response_.set_status(wanted_);
    writing_ = true;
    StartWrite(&response_);
  }
  void FinishIfEnding() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!ending_ || writing_ || finished_) return;
    finished_ = true;
    Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the watch has ended"));
  }

  HealthService* const health_;
  const std::string service_;
  absl::Mutex mutex_;
  HealthCheckResponse response_ ABSL_GUARDED_BY(mutex_);  // UNKNOWN until the first is written
  HealthCheckResponse::ServingStatus wanted_ ABSL_GUARDED_BY(mutex_) = HealthCheckResponse::UNKNOWN;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

HealthService::HealthService(const ServerState* state, const ModelRepository* repository)
    : state_(state), repository_(repository) {}

HealthService::~HealthService() = default;

HealthCheckResponse::ServingStatus HealthService::StatusOf(const std::string& service) const {
  if (service.empty()) {
    return state_->ready() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }
  if (!repository_->Knows(service)) return HealthCheckResponse::SERVICE_UNKNOWN;
  const bool serving = !state_->draining() && !repository_->ReadyVersions(service).empty();
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const HealthCheckResponse::ServingStatus status = StatusOf(request->service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish(
        ToGrpcStatus(absl::NotFoundError(absl::StrCat("no model '", request->service(), "'"))));
    return reactor;
  }
  response->set_status(status);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* /*context*/, const HealthCheckRequest* request) {
  auto* const watcher = new Watcher(this, request->service());
  absl::MutexLock lock(&mutex_);
  watchers_.insert(watcher);
  watcher->Show(StatusOf(watcher->service()));
  if (ending_) watcher->End();
  return watcher;
}

void HealthService::Notify() {
  absl::MutexLock lock(&mutex_);
  for (Watcher* watcher : watchers_) watcher->Show(StatusOf(watcher->service()));
}

void HealthService::EndWatches() {
  absl::MutexLock lock(&mutex_);
  ending_ = true;
  for (Watcher* watcher : watchers_) watcher->End();
}

}  // namespace octet::server
