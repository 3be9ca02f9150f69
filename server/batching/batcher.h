// The queue of one model, and the workers that run it.
#ifndef OCTET_SERVER_BATCHING_BATCHER_H_
#define OCTET_SERVER_BATCHING_BATCHER_H_

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/batching/batch_costs.h"
#include "server/batching/batch_item.h"
#include "server/batching/batch_policy.h"
#include "server/batching/budget.h"
#include "server/batching/execution.h"
#include "server/batching/retry_hint.h"
#include "server/batching/run_slots.h"

namespace octet::server {

struct BatcherOptions {
  std::string model;  // for messages
  BatchLimits limits;
  int64_t max_queue_rows = 1024;
  int64_t max_queue_bytes = int64_t{256} << 20;
  std::shared_ptr<QueueBudgets> totals;  // of all models; null: no limit in all
  // Of all models, and this one's weight there; null: runs wait for no other model's.
  std::shared_ptr<RunSlots> slots;
  double weight = 1;
};

// Gathers rows of requests into runs as batch_policy.h decides. A request leaves the queue the
// moment it is cancelled or its deadline passes, and is answered then, without being computed; one
// that is being computed already is finished first. Thread-safe.
class Batcher {
 public:
  // One worker thread for each execution. `clock` and `observer` outlive the batcher.
  Batcher(BatcherOptions options, RowBytes row_bytes,
          std::vector<std::unique_ptr<Execution>> executions, Clock* clock,
          BatchObserver* observer);
  // What still waits ends with Unavailable. Must not be called from within an item's Done.
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // On OK, item->Done will be called; it may be before this returns. Otherwise it will not:
  // ResourceExhausted, with a retry hint, where the limits of the queue or of all queues would be
  // passed, DeadlineExceeded for a deadline
  // that is over, Unavailable while the batcher stops.
  absl::Status Submit(std::shared_ptr<BatchItem> item, MonotonicTime deadline);

  // The time in which so many rows leave the queue, as measured; zero before.
  Nanoseconds DrainTime(int64_t rows);

  // Ends an item that waits, with `reason`. Without effect once a run has taken it whole.
  void Cancel(const BatchItem* item, const absl::Status& reason);

 private:
  struct Entry;
  struct Piece;
  using EntryPtr = std::shared_ptr<Entry>;

  void WorkerLoop(Execution& execution);
  void ExpireLoop();
  // Waits for the next deadline, or for the end: false.
  bool WaitForExpired(std::vector<EntryPtr>& answer);
  // Waits until something is to be run; false: for the end.
  bool WaitForWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  BatchDecision Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Empty where what there was to run has gone meanwhile.
  std::vector<Piece> TakeBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes rows and runs them, once it is this model's turn; returns how long that took.
  Nanoseconds RunNext(Execution& execution, std::vector<Piece>& batch, absl::Status& status,
                      StageTimes& times);
  std::vector<Piece> TakePieces(const BatchDecision& decision)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status RunBatch(Execution& execution, const std::vector<Piece>& batch, StageTimes& times);
  absl::Status WriteInputs(Execution& execution, const std::vector<Piece>& batch, int64_t rows);
  absl::Status ReadOutputs(const Execution& execution, const std::vector<Piece>& batch,
                           int64_t rows);
  void FinishBatch(const std::vector<Piece>& batch, const absl::Status& status,
                   const StageTimes& times);
  static int64_t TotalRows(const std::vector<Piece>& batch);
  static void AnswerAll(const std::vector<EntryPtr>& entries);
  // Makes the item part of the queue's size, unless a limit would be passed.
  absl::Status TakeRoom(const BatchItem& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes an entry that waits off the queue; true where it can be answered at once.
  bool Abandon(EntryPtr entry, const absl::Status& reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Refusal(int64_t waiting, int64_t more, int64_t limit, absl::string_view unit,
                       absl::string_view setting, absl::string_view flag) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveQueue(int64_t rows, int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddToQueueSize(int64_t rows, int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const BatcherOptions options_;
  const RowBytes row_bytes_;
  Clock* const clock_;
  BatchObserver* const observer_;
  const std::vector<std::unique_ptr<Execution>> executions_;
  RunSlots::Share share_;

  absl::Mutex mutex_;
  absl::CondVar work_changed_;    // workers wait on it
  absl::CondVar expiry_changed_;  // the expirer waits on it
  std::list<EntryPtr> queue_ ABSL_GUARDED_BY(mutex_);
  int64_t queued_rows_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  BatchCosts costs_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;  // runs that compute
  DrainRate drain_rate_ ABSL_GUARDED_BY(mutex_);
  MonotonicTime next_expiry_ ABSL_GUARDED_BY(mutex_) = kNever;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_BATCHER_H_
