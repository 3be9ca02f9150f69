// When to run which of the waiting rows: a decision without threads, locks or clocks.
#ifndef OCTET_SERVER_BATCHING_BATCH_POLICY_H_
#define OCTET_SERVER_BATCHING_BATCH_POLICY_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "server/base/clock.h"

namespace octet::server {

// One request in the queue.
struct WaitingRows {
  int64_t rows = 1;  // that no run has taken yet
  MonotonicTime arrival;
  MonotonicTime deadline = kNever;
};

struct BatchLimits {
  int64_t max_rows = 1;    // of one run, >= 1
  Nanoseconds timeout{0};  // longest wait of a request for others to share its run
};

struct BatchDecision {
  // Rows to take of queue[0], queue[1], ...: run them now. Empty: wait.
  std::vector<int64_t> take;
  // When waiting: the time to decide again, if nothing arrives before.
  MonotonicTime wake = kNever;

  bool run() const { return !take.empty(); }
};

// Decides for a worker that is free at `now`. `queue` is in order of arrival; it may be cut after
// its first `max_rows` entries.
//
// The oldest request is always in the run and nobody overtakes, so no request starves. A request is
// taken whole, unless it has more rows than fit in any run: then as many as fit. A run that is not
// full waits until its oldest request has waited for the timeout, or for half of the time that one
// of its requests had until its deadline.
BatchDecision DecideBatch(absl::Span<const WaitingRows> queue, MonotonicTime now,
                          const BatchLimits& limits);

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_BATCH_POLICY_H_
