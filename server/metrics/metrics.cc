#include "server/metrics/metrics.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace octet::server {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Histogram;
using prometheus::Labels;

// Seconds. A small model answers in tens of microseconds, a big one on a small board in seconds.
const Histogram::BucketBoundaries kDurationBuckets = {
    50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
    50e-3, 100e-3, 250e-3, 500e-3, 1,    2.5,    5,    10};
const Histogram::BucketBoundaries kRowBuckets = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
constexpr const char* kStages[] = {"queue", "batch", "compute", "respond"};
constexpr const char* kStates[] = {"loading", "ready", "draining", "failed"};

double Seconds(Nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

Labels With(Labels labels, const char* name, const std::string& value) {
  labels.emplace(name, value);
  return labels;
}

}  // namespace

MetricFamilies::MetricFamilies(prometheus::Registry& registry)
    : requests(BuildCounter()
                   .Name("octet_requests_total")
                   .Help("Inference requests answered, by gRPC status code.")
                   .Register(registry)),
      request_duration(BuildHistogram()
                           .Name("octet_request_duration_seconds")
                           .Help("Time from an inference request's arrival to its answer, failures "
                                 "included.")
                           .Register(registry)),
      stage_duration(BuildHistogram()
                         .Name("octet_stage_duration_seconds")
                         .Help("Time of a request in the queue, in copying its batch together, in "
                               "computing, and in copying its outputs out.")
                         .Register(registry)),
      batch_size(BuildHistogram()
                     .Name("octet_batch_size")
                     .Help("Rows of an execution.")
                     .Register(registry)),
      executions(BuildCounter()
                     .Name("octet_executions_total")
                     .Help("Runs of a model that succeeded; each may serve several requests.")
                     .Register(registry)),
      queue_rows(BuildGauge()
                     .Name("octet_queue_rows")
                     .Help("Rows that wait for a run.")
                     .Register(registry)),
      inflight_requests(BuildGauge()
                            .Name("octet_inflight_requests")
                            .Help("Inference requests that have arrived and are not answered.")
                            .Register(registry)),
      model_state(BuildGauge()
                      .Name("octet_model_state")
                      .Help("1 for the state that a model's version is in, else 0.")
                      .Register(registry)),
      model_memory(BuildGauge()
                       .Name("octet_model_memory_bytes")
                       .Help("Packed weights, and one row's working memory for each worker.")
                       .Register(registry)),
      captured_requests(BuildGauge()
                            .Name("octet_captured_requests")
                            .Help("Requests that are kept as samples for a quantization.")
                            .Register(registry)),
      captured_bytes(BuildGauge()
                         .Name("octet_captured_bytes")
                         .Help("Bytes of the requests that are kept.")
                         .Register(registry)),
      load_duration(BuildHistogram()
                        .Name("octet_model_load_duration_seconds")
                        .Help("Time to read, verify and compile a model, failures included.")
                        .Register(registry)),
      accuracy_agreement(BuildGauge()
                             .Name("octet_accuracy_agreement_ratio")
                             .Help("Share of samples on which the last evaluation found the same "
                                   "first class as the reference model.")
                             .Register(registry)),
      accuracy_sqnr(BuildGauge()
                        .Name("octet_accuracy_sqnr_db")
                        .Help("Signal to quantization noise of the last evaluation against a "
                              "reference model, in dB.")
                        .Register(registry)),
      accuracy_top1(BuildGauge()
                        .Name("octet_accuracy_top1_ratio")
                        .Help("Share of samples that the last evaluation found classified as "
                              "labelled.")
                        .Register(registry)),
      build_info(BuildGauge()
                     .Name("octet_build_info")
                     .Help("1; the version and the instruction sets in use are in the labels.")
                     .Register(registry)) {}

ModelMetrics::ModelMetrics(MetricFamilies& families, const std::string& model,
                           const std::string& version)
    : families_(families),
      labels_{{"model", model}, {"version", version}},
      request_duration_(families.request_duration.Add(labels_, kDurationBuckets)),
      batch_size_(families.batch_size.Add(labels_, kRowBuckets)),
      executions_(families.executions.Add(labels_)),
      queue_rows_(families.queue_rows.Add(labels_)),
      inflight_(families.inflight_requests.Add(labels_)),
      captured_requests_(families.captured_requests.Add(labels_)),
      captured_bytes_(families.captured_bytes.Add(labels_)) {
  for (int i = 0; i < stages_.size(); ++i) {
    stages_[i] = &families.stage_duration.Add(With(labels_, "stage", kStages[i]), kDurationBuckets);
  }
  for (const char* state : kStates) {
    states_[state] = &families.model_state.Add(With(labels_, "state", state));
  }
}

void ModelMetrics::RequestStarted() { inflight_.Increment(); }

void ModelMetrics::RequestFinished(absl::StatusCode code, int64_t rows, Nanoseconds duration,
                                   const StageTimes& times) {
  inflight_.Decrement();
  RequestCounter(code).Increment();
  request_duration_.Observe(Seconds(duration));
  ObserveStages(times, code == absl::StatusCode::kOk);
  if (code == absl::StatusCode::kOk) {
    statistics_.RequestSucceeded(rows, duration, times, absl::ToUnixMillis(absl::Now()));
  } else {
    statistics_.RequestFailed(duration);
  }
}

void ModelMetrics::ObserveStages(const StageTimes& times, bool executed) {
  if (executed || times.queue.count() > 0) stages_[0]->Observe(Seconds(times.queue));
  if (!executed) return;
  stages_[1]->Observe(Seconds(times.batch));
  stages_[2]->Observe(Seconds(times.compute));
  stages_[3]->Observe(Seconds(times.respond));
}

prometheus::Counter& ModelMetrics::RequestCounter(absl::StatusCode code) {
  absl::MutexLock lock(&mutex_);
  prometheus::Counter*& counter = requests_[code];
  if (counter == nullptr) {
    counter = &families_.requests.Add(With(labels_, "code", absl::StatusCodeToString(code)));
  }
  return *counter;
}

void ModelMetrics::QueueRows(int64_t rows) { queue_rows_.Set(rows); }

void ModelMetrics::Executed(int64_t rows, const StageTimes& times) {
  executions_.Increment();
  batch_size_.Observe(rows);
  statistics_.Executed(rows, times);
}

void ModelMetrics::SetState(absl::string_view state) {
  for (auto& [name, gauge] : states_) gauge->Set(name == state ? 1 : 0);
}

void ModelMetrics::SetMemoryBytes(int64_t bytes) { families_.model_memory.Add(labels_).Set(bytes); }
void ModelMetrics::SetCaptured(int64_t requests, int64_t bytes) {
  captured_requests_.Set(static_cast<double>(requests));
  captured_bytes_.Set(static_cast<double>(bytes));
}
void ModelMetrics::ObserveLoad(Nanoseconds duration) {
  families_.load_duration.Add(labels_, kDurationBuckets).Observe(Seconds(duration));
}
void ModelMetrics::SetAgreement(double ratio) {
  families_.accuracy_agreement.Add(labels_).Set(ratio);
}
void ModelMetrics::SetSqnr(double db) { families_.accuracy_sqnr.Add(labels_).Set(db); }
void ModelMetrics::SetTop1(double ratio) { families_.accuracy_top1.Add(labels_).Set(ratio); }

Metrics::Metrics(const std::string& version, const std::string& isa)
    : registry_(std::make_shared<prometheus::Registry>()), families_(*registry_) {
  families_.build_info.Add({{"version", version}, {"isa", isa}}).Set(1);
}

std::shared_ptr<ModelMetrics> Metrics::ForModel(const std::string& model,
                                                const std::string& version) {
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<ModelMetrics>& metrics = models_[{model, version}];
  if (metrics == nullptr) metrics = std::make_shared<ModelMetrics>(families_, model, version);
  return metrics;
}

}  // namespace octet::server
