#include "server/metrics/statistics.h"

namespace octet::server {

void StatisticsRecorder::RequestSucceeded(int64_t rows, Nanoseconds duration,
                                          const StageTimes& times, int64_t wall_clock_ms) {
  absl::MutexLock lock(&mutex_);
  sums_.last_inference_ms = wall_clock_ms;
  sums_.inference_count += rows;
  sums_.success.Add(duration);
  sums_.queue.Add(times.queue);
  sums_.compute_input.Add(times.batch);
  sums_.compute_infer.Add(times.compute);
  sums_.compute_output.Add(times.respond);
}

void StatisticsRecorder::RequestFailed(Nanoseconds duration) {
  absl::MutexLock lock(&mutex_);
  sums_.fail.Add(duration);
}

void StatisticsRecorder::Executed(int64_t rows, const StageTimes& times) {
  absl::MutexLock lock(&mutex_);
  ++sums_.execution_count;
  BatchSizeStatistics& batch = sums_.by_rows[rows];
  batch.compute_input.Add(times.batch);
  batch.compute_infer.Add(times.compute);
  batch.compute_output.Add(times.respond);
}

ModelStatisticsSnapshot StatisticsRecorder::Snapshot() const {
  absl::MutexLock lock(&mutex_);
  return sums_;
}

}  // namespace octet::server
