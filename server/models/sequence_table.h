// What a stateful model remembers of each sequence of requests that clients have named.
#ifndef OCTET_SERVER_MODELS_SEQUENCE_TABLE_H_
#define OCTET_SERVER_MODELS_SEQUENCE_TABLE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/batching/execution.h"

namespace octet::server {

// One request's place in its sequence.
struct SequenceStep {
  std::string id;  // as it is shown in messages
  bool start = false;
  bool end = false;
};

// An execution of its own for each sequence, from its first request to its last. Thread-safe.
class SequenceTable {
 public:
  using Maker = std::function<absl::StatusOr<std::shared_ptr<Execution>>()>;

  // A sequence of which no request came or was under way for `idle_timeout` is forgotten then, and
  // its memory given back; at most kSweepInterval later. `clock` outlives the table.
  SequenceTable(std::string model, Nanoseconds idle_timeout, Clock* clock);
  ~SequenceTable();
  SequenceTable(const SequenceTable&) = delete;
  SequenceTable& operator=(const SequenceTable&) = delete;

  static constexpr std::chrono::milliseconds kSweepInterval{10};

  // The execution of a sequence's request. The start of a sequence that is under way begins it
  // anew; its end forgets it, once the request is done. InvalidArgument where the sequence is not
  // under way and this is not its start; what `make` returns where that fails.
  absl::StatusOr<std::shared_ptr<Execution>> Take(const SequenceStep& step, const Maker& make);
  // A request that took `execution` was refused before it was queued: as if it had never come.
  void Undo(const SequenceStep& step, const std::shared_ptr<Execution>& execution);

 private:
  struct Sequence {
    std::shared_ptr<Execution> execution;
    MonotonicTime last_request;
  };

  void SweepLoop();
  void ForgetIdle(MonotonicTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // When the next sequence may be idle.
  MonotonicTime NextSweep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Insert(const std::string& id, std::shared_ptr<Execution> execution)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string model_;
  const Nanoseconds idle_timeout_;
  Clock* const clock_;
  absl::Mutex mutex_;
  absl::CondVar changed_;  // the sweeper waits on it
  std::map<std::string, Sequence> sequences_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread sweeper_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_SEQUENCE_TABLE_H_
