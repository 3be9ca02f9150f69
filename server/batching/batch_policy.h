// When to run which of the waiting rows: a decision without threads, locks or clocks.
#ifndef OCTET_SERVER_BATCHING_BATCH_POLICY_H_
#define OCTET_SERVER_BATCHING_BATCH_POLICY_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "server/base/clock.h"
#include "server/batching/batch_costs.h"

namespace octet::server {

// One request in the queue.
struct WaitingRows {
  int64_t rows = 1;  // that no run has taken yet
  MonotonicTime arrival;
  MonotonicTime deadline = kNever;
};

struct BatchLimits {
  int64_t max_rows = 1;            // of one run, >= 1
  Nanoseconds timeout{0};          // longest wait of a request for others to share its run
  std::vector<int64_t> preferred;  // sizes of runs, <= max_rows, in any order; empty: all alike
};

struct BatchDecision {
  // Rows to take of queue[0], queue[1], ...: run them now. Empty: wait.
  std::vector<int64_t> take;
  // When waiting: the time to decide again, if nothing arrives before.
  MonotonicTime wake = kNever;

  bool run() const { return !take.empty(); }
};

// Decides for a worker that is free at `now`, while `others` compute. `queue` is in order of
// arrival; it may be cut after its first `max_rows` entries.
//
// The oldest request is always in the run and nobody overtakes, so no request starves. A request is
// taken whole, unless it has more rows than fit in any run: then as many as fit. Of the runs that
// can be made of the first requests, those of preferred sizes come first if there are any, then the
// largest, unless a smaller one is measured to give more rows per second.
//
// A run that is not full waits until its oldest request has waited for the timeout, for half of the
// time that one of its requests had until its deadline, or until twice the run's measured time
// before that deadline. It does not wait where that cannot help: where the greatest preferred size
// is reached, where a full run (or the greatest preferred one) is measured to give no more rows per
// second, or where rows arrive too slowly to make the next size in time.
BatchDecision DecideBatch(absl::Span<const WaitingRows> queue, MonotonicTime now,
                          const BatchLimits& limits, const BatchCosts& costs = {}, int others = 0);

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_BATCH_POLICY_H_
