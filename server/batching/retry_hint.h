// When it makes sense to ask again after a refusal, and how fast a queue drains.
#ifndef OCTET_SERVER_BATCHING_RETRY_HINT_H_
#define OCTET_SERVER_BATCHING_RETRY_HINT_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/batching/moving_mean.h"

namespace octet::server {

// Attaches a wait to an error, in whole milliseconds, rounded up, from 1 to 10,000.
absl::Status WithRetryAfter(absl::Status error, Nanoseconds wait);
// Says that the same request can never succeed: a wait of -1.
absl::Status WithoutRetry(absl::Status error);
// What was attached, as gRPC's `grpc-retry-pushback-ms` has it.
std::optional<int64_t> RetryPushbackMs(const absl::Status& error);

// The time in which one row leaves a queue that always has rows, as a mean in which later ones
// weigh more. Idle time is not counted.
class DrainRate {
 public:
  // `rows` > 0 left the queue at `now`, and some are left or not.
  void Left(int64_t rows, bool more, MonotonicTime now);
  // The queue became empty in another way.
  void Emptied() { since_.reset(); }

  // Zero where nothing was measured.
  Nanoseconds TimeFor(int64_t rows) const;

 private:
  std::optional<MonotonicTime> since_;  // the last leaving that left rows behind
  MovingMean row_ns_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_RETRY_HINT_H_
