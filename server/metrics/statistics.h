// Sums since a model was first loaded, as ModelStatistics answers them.
#ifndef OCTET_SERVER_METRICS_STATISTICS_H_
#define OCTET_SERVER_METRICS_STATISTICS_H_

#include <cstdint>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/batching/batch_item.h"

namespace octet::server {

struct CountAndTime {
  uint64_t count = 0;
  Nanoseconds time{0};

  void Add(Nanoseconds duration) {
    ++count;
    time += duration;
  }
};

struct BatchSizeStatistics {
  CountAndTime compute_input;
  CountAndTime compute_infer;
  CountAndTime compute_output;
};

struct ModelStatisticsSnapshot {
  int64_t last_inference_ms = 0;  // since the Unix epoch; 0: never
  uint64_t inference_count = 0;   // rows
  uint64_t execution_count = 0;
  CountAndTime success;  // requests
  CountAndTime fail;
  CountAndTime queue;
  CountAndTime compute_input;
  CountAndTime compute_infer;
  CountAndTime compute_output;
  std::map<int64_t, BatchSizeStatistics> by_rows;  // of a run
};

// Thread-safe.
class StatisticsRecorder {
 public:
  void RequestSucceeded(int64_t rows, Nanoseconds duration, const StageTimes& times,
                        int64_t wall_clock_ms);
  void RequestFailed(Nanoseconds duration);
  void Executed(int64_t rows, const StageTimes& times);

  ModelStatisticsSnapshot Snapshot() const;

 private:
  mutable absl::Mutex mutex_;
  ModelStatisticsSnapshot sums_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace octet::server

#endif  // OCTET_SERVER_METRICS_STATISTICS_H_
