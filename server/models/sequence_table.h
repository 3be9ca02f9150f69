// What a stateful model remembers of each sequence of requests that clients have named.
#ifndef OCTET_SERVER_MODELS_SEQUENCE_TABLE_H_
#define OCTET_SERVER_MODELS_SEQUENCE_TABLE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

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

  // A sequence of which no request came or was under way for `idle_timeout` is forgotten.
  SequenceTable(std::string model, Nanoseconds idle_timeout)
      : model_(std::move(model)), idle_timeout_(idle_timeout) {}

  // The execution of a sequence's request. The start of a sequence that is under way begins it
  // anew; its end forgets it, once the request is done. InvalidArgument where the sequence is not
  // under way and this is not its start; what `make` returns where that fails.
  absl::StatusOr<std::shared_ptr<Execution>> Take(const SequenceStep& step, MonotonicTime now,
                                                  const Maker& make);
  // A request that took `execution` was refused before it was queued: as if it had never come.
  void Undo(const SequenceStep& step, const std::shared_ptr<Execution>& execution,
            MonotonicTime now);

 private:
  struct Sequence {
    std::shared_ptr<Execution> execution;
    MonotonicTime last_request;
  };

  void ForgetIdle(MonotonicTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string model_;
  const Nanoseconds idle_timeout_;
  absl::Mutex mutex_;
  std::map<std::string, Sequence> sequences_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_SEQUENCE_TABLE_H_
