#include "server/batching/batch_policy.h"

#include <algorithm>

namespace octet::server {
namespace {

MonotonicTime DueTime(const WaitingRows& waiting, Nanoseconds timeout) {
  const MonotonicTime by_timeout = waiting.arrival + timeout;
  if (waiting.deadline == kNever) return by_timeout;
  return std::min(by_timeout, waiting.arrival + (waiting.deadline - waiting.arrival) / 2);
}

}  // namespace

BatchDecision DecideBatch(absl::Span<const WaitingRows> queue, MonotonicTime now,
                          const BatchLimits& limits) {
  BatchDecision decision;
  int64_t room = limits.max_rows;
  bool full = false;
  MonotonicTime due = kNever;
  for (const WaitingRows& waiting : queue) {
    const bool divisible = waiting.rows > limits.max_rows;
    if (waiting.rows > room && !divisible) {
      full = true;
      break;
    }
    const int64_t rows = std::min(waiting.rows, room);
    decision.take.push_back(rows);
    due = std::min(due, DueTime(waiting, limits.timeout));
    room -= rows;
    if (room == 0) {
      full = true;
      break;
    }
  }
  if (!full && due > now) {
    decision.take.clear();
    decision.wake = due;
  }
  return decision;
}

}  // namespace octet::server
