// Work that takes too long for a thread that serves the network.
#ifndef OCTET_SERVER_BASE_JOB_QUEUE_H_
#define OCTET_SERVER_BASE_JOB_QUEUE_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace octet::server {

// Runs jobs in the order of their submission on its own threads. Thread-safe.
class JobQueue {
 public:
  // At most `max_waiting` jobs wait for a thread.
  JobQueue(int threads, size_t max_waiting);
  // Runs what waits, then returns.
  ~JobQueue();
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  // ResourceExhausted where too many jobs wait; the job is then dropped.
  absl::Status Submit(std::function<void()> job);

 private:
  void Work();

  const size_t max_waiting_;
  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::deque<std::function<void()>> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BASE_JOB_QUEUE_H_
