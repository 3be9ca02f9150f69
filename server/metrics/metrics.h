// The daemon's metrics, as Prometheus scrapes them.
#ifndef OCTET_SERVER_METRICS_METRICS_H_
#define OCTET_SERVER_METRICS_METRICS_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "server/batching/batch_item.h"
#include "server/metrics/statistics.h"

namespace octet::server {

// All families; each name and its labels stand here once.
struct MetricFamilies {
  explicit MetricFamilies(prometheus::Registry& registry);

  prometheus::Family<prometheus::Counter>& requests;            // model, version, code
  prometheus::Family<prometheus::Histogram>& request_duration;  // model, version
  prometheus::Family<prometheus::Histogram>& stage_duration;    // model, version, stage
  prometheus::Family<prometheus::Histogram>& batch_size;        // model, version
  prometheus::Family<prometheus::Counter>& executions;          // model, version
  prometheus::Family<prometheus::Gauge>& queue_rows;            // model, version
  prometheus::Family<prometheus::Gauge>& inflight_requests;     // model, version
  prometheus::Family<prometheus::Gauge>& model_state;           // model, version, state
  prometheus::Family<prometheus::Gauge>& model_memory;          // model, version
  prometheus::Family<prometheus::Gauge>& captured_requests;     // model, version
  prometheus::Family<prometheus::Gauge>& captured_bytes;        // model, version
  prometheus::Family<prometheus::Histogram>& load_duration;     // model, version
  prometheus::Family<prometheus::Gauge>& accuracy_agreement;    // model, version
  prometheus::Family<prometheus::Gauge>& accuracy_sqnr;         // model, version
  prometheus::Family<prometheus::Gauge>& accuracy_top1;         // model, version
  prometheus::Family<prometheus::Gauge>& build_info;            // version, isa
};

// The series of one version of a model. Thread-safe.
class ModelMetrics final : public BatchObserver {
 public:
  ModelMetrics(MetricFamilies& families, const std::string& model, const std::string& version);

  void RequestStarted();
  // `rows` and `times` are zero for a request that was not accepted.
  void RequestFinished(absl::StatusCode code, int64_t rows, Nanoseconds duration,
                       const StageTimes& times);

  void QueueRows(int64_t rows) override;
  void Executed(int64_t rows, const StageTimes& times) override;

  // "loading", "ready", "draining" or "failed"; any other name sets none of them.
  void SetState(absl::string_view state);
  void SetMemoryBytes(int64_t bytes);
  void SetCaptured(int64_t requests, int64_t bytes);
  void ObserveLoad(Nanoseconds duration);
  void SetAgreement(double ratio);
  void SetSqnr(double db);
  void SetTop1(double ratio);

  ModelStatisticsSnapshot Statistics() const { return statistics_.Snapshot(); }

 private:
  void ObserveStages(const StageTimes& times, bool executed);
  prometheus::Counter& RequestCounter(absl::StatusCode code);

  MetricFamilies& families_;
  const prometheus::Labels labels_;
  prometheus::Histogram& request_duration_;
  std::array<prometheus::Histogram*, 4> stages_;
  prometheus::Histogram& batch_size_;
  prometheus::Counter& executions_;
  prometheus::Gauge& queue_rows_;
  prometheus::Gauge& inflight_;
  prometheus::Gauge& captured_requests_;
  prometheus::Gauge& captured_bytes_;
  std::map<std::string, prometheus::Gauge*> states_;
  StatisticsRecorder statistics_;

  absl::Mutex mutex_;
  std::map<absl::StatusCode, prometheus::Counter*> requests_ ABSL_GUARDED_BY(mutex_);
};

// Thread-safe.
class Metrics {
 public:
  // `isa`: the instruction sets in use.
  Metrics(const std::string& version, const std::string& isa);

  // One object for each model and version that the repository knows, kept as long as this one: a
  // reload goes on counting where it was.
  std::shared_ptr<ModelMetrics> ForModel(const std::string& model, const std::string& version);

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

 private:
  const std::shared_ptr<prometheus::Registry> registry_;
  MetricFamilies families_;
  absl::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<ModelMetrics>> models_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace octet::server

#endif  // OCTET_SERVER_METRICS_METRICS_H_
