// The one place where an inference request is measured, whatever comes of it.
#ifndef OCTET_SERVER_METRICS_REQUEST_SCOPE_H_
#define OCTET_SERVER_METRICS_REQUEST_SCOPE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/metrics/metrics.h"

namespace octet::server {

// Counts the calls that are under way, for a drain that waits for quiet. Thread-safe.
class Activity {
 public:
  explicit Activity(Clock* clock) : clock_(clock), last_(clock->Now()) {}

  void Begin() {
    ++calls_;
    last_ = clock_->Now();
  }
  void End() {
    last_ = clock_->Now();
    --calls_;
  }

  // Whether no call is under way and none has begun or ended for `duration`.
  bool QuietFor(Nanoseconds duration) const {
    return calls_ == 0 && clock_->Now() - last_.load() >= duration;
  }
  int64_t calls() const { return calls_; }

 private:
  Clock* const clock_;
  std::atomic<int64_t> calls_{0};
  std::atomic<MonotonicTime> last_;
};

// Made when a request arrives; Finish is called once, when its answer is known.
class RequestScope {
 public:
  // `clock` and `activity` outlive the scope.
  RequestScope(Clock* clock, Activity* activity) : clock_(clock), activity_(activity) {
    start_ = clock_->Now();
    activity_->Begin();
  }
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

  // Says whose request it is, once that is known. An unknown model has no metrics, so that names
  // that clients make up make no series.
  void SetModel(std::shared_ptr<ModelMetrics> metrics) {
    metrics_ = std::move(metrics);
    if (metrics_ != nullptr) metrics_->RequestStarted();
  }

  void Finish(absl::StatusCode code, int64_t rows, const StageTimes& times) {
    if (metrics_ != nullptr) metrics_->RequestFinished(code, rows, clock_->Now() - start_, times);
    activity_->End();
  }

 private:
  Clock* const clock_;
  Activity* const activity_;
  MonotonicTime start_;
  std::shared_ptr<ModelMetrics> metrics_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_METRICS_REQUEST_SCOPE_H_
