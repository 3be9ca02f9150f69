// What runs and arrivals have been like: what the batch policy decides by.
#ifndef OCTET_SERVER_BATCHING_BATCH_COSTS_H_
#define OCTET_SERVER_BATCHING_BATCH_COSTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "server/base/clock.h"
#include "server/batching/moving_mean.h"

namespace octet::server {

// Moving means.
class BatchCosts {
 public:
  // What was last measured longer ago is unknown again: one slow run condemns no size for good.
  static constexpr std::chrono::seconds kMemory{2};

  // A run of so many rows ended at `now`, and had begun beside `others` other runs: these leave it
  // fewer processors, so such runs are kept apart. The first run of a size makes its plan and says
  // nothing, like one that took no measurable time.
  void Ran(int64_t rows, int others, Nanoseconds took, MonotonicTime now);
  // Rows came.
  void Arrived(int64_t rows, MonotonicTime now);

  // Of one run of so many rows beside so many others; none where unknown.
  std::optional<Nanoseconds> OfRun(int64_t rows, int others, MonotonicTime now) const;
  // Between two rows that arrive; none before the second, or the second after a long silence.
  std::optional<Nanoseconds> RowInterval() const;

 private:
  struct RunCost {
    MovingMean ns;  // without value after the first run alone
    MonotonicTime last;
  };
  std::map<std::pair<int64_t, int>, RunCost> runs_;  // by rows and others
  std::optional<MonotonicTime> last_arrival_;
  MovingMean interval_ns_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_BATCH_COSTS_H_
