#include "server/batching/batch_policy.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace octet::server {
namespace {

// By how much more rows per second one size must have than another to be better.
constexpr double kClearly = 1.05;

double RowsPerNanosecond(int64_t rows, Nanoseconds took) {
  return static_cast<double>(rows) / static_cast<double>(took.count());
}

// What sizes are judged by.
struct Circumstances {
  MonotonicTime now;
  const BatchLimits& limits;
  const BatchCosts& costs;
  int others;

  std::optional<Nanoseconds> Cost(int64_t rows) const { return costs.OfRun(rows, others, now); }

  // Whether runs of `a` rows are measured to give clearly more rows per second than those of `b`.
  bool ClearlyBetter(int64_t a, int64_t b) const {
    const std::optional<Nanoseconds> cost_a = Cost(a);
    const std::optional<Nanoseconds> cost_b = Cost(b);
    return cost_a.has_value() && cost_b.has_value() &&
           RowsPerNanosecond(a, *cost_a) > kClearly * RowsPerNanosecond(b, *cost_b);
  }

  bool IsPreferred(int64_t rows) const {
    const std::vector<int64_t>& sizes = limits.preferred;
    return std::find(sizes.begin(), sizes.end(), rows) != sizes.end();
  }
};

// The longest prefix of the queue that fits in a run.
struct Prefix {
  std::vector<int64_t> take;
  std::vector<int64_t> sums;  // rows of the first 1, 2, ... requests
  bool full = false;          // no request that may come can join it
};

Prefix LongestPrefix(absl::Span<const WaitingRows> queue, int64_t max_rows) {
  Prefix prefix;
  int64_t sum = 0;
  for (const WaitingRows& waiting : queue) {
    const int64_t room = max_rows - sum;
    const bool divisible = waiting.rows > max_rows;
    prefix.full = room == 0 || (waiting.rows > room && !divisible);
    if (prefix.full) break;
    prefix.take.push_back(std::min(waiting.rows, room));
    sum += prefix.take.back();
    prefix.sums.push_back(sum);
  }
  prefix.full |= sum == max_rows;
  return prefix;
}

// How many requests of the prefix to run: those of preferred sizes where there are any, the most of
// these unless fewer are measured to be better.
size_t ChooseRequests(const Prefix& prefix, const Circumstances& c) {
  const std::vector<int64_t>& sums = prefix.sums;
  const bool preferred =
      std::any_of(sums.begin(), sums.end(), [&c](int64_t rows) { return c.IsPreferred(rows); });
  size_t best = 0;  // requests
  for (size_t n = sums.size(); n > 0; --n) {
    if (preferred && !c.IsPreferred(sums[n - 1])) continue;
    if (best == 0 || c.ClearlyBetter(sums[n - 1], sums[best - 1])) best = n;
  }
  return best;
}

// The next size that is worth waiting for; none where more rows do not help.
std::optional<int64_t> NextSize(int64_t rows, const BatchLimits& limits) {
  if (limits.preferred.empty()) return rows + 1;
  std::optional<int64_t> next;
  for (const int64_t size : limits.preferred) {
    if (size > rows && (!next.has_value() || size < *next)) next = size;
  }
  return next;
}

bool WaitingCanHelp(int64_t rows, MonotonicTime due, const Circumstances& c) {
  const std::optional<int64_t> next = NextSize(rows, c.limits);
  if (!next.has_value()) return false;
  const std::vector<int64_t>& preferred = c.limits.preferred;
  const int64_t most =
      preferred.empty() ? c.limits.max_rows : *std::max_element(preferred.begin(), preferred.end());
  if (c.Cost(rows).has_value() && c.Cost(most).has_value() && !c.ClearlyBetter(most, rows)) {
    return false;
  }
  const std::optional<Nanoseconds> interval = c.costs.RowInterval();
  return !interval.has_value() || due == kNever || *interval <= (due - c.now) / (*next - rows);
}

// When the prefix is to be run, whatever else comes.
MonotonicTime DueTime(absl::Span<const WaitingRows> queue, const Prefix& prefix,
                      const Circumstances& c) {
  const Nanoseconds cost = c.Cost(prefix.sums.back()).value_or(Nanoseconds(0));
  MonotonicTime due = kNever;
  for (const WaitingRows& waiting : queue.first(prefix.take.size())) {
    due = std::min(due, waiting.arrival + c.limits.timeout);
    if (waiting.deadline == kNever) continue;
    due = std::min(due, waiting.arrival + (waiting.deadline - waiting.arrival) / 2);
    due = std::min(due, waiting.deadline - 2 * cost);
  }
  return due;
}

}  // namespace

BatchDecision DecideBatch(absl::Span<const WaitingRows> queue, MonotonicTime now,
                          const BatchLimits& limits, const BatchCosts& costs, int others) {
  const Circumstances circumstances{now, limits, costs, others};
  BatchDecision decision;
  Prefix prefix = LongestPrefix(queue, limits.max_rows);
  if (prefix.take.empty()) return decision;
  const MonotonicTime due = DueTime(queue, prefix, circumstances);
  if (!prefix.full && due > now && WaitingCanHelp(prefix.sums.back(), due, circumstances)) {
    decision.wake = due;
    return decision;
  }
  prefix.take.resize(ChooseRequests(prefix, circumstances));
  decision.take = std::move(prefix.take);
  return decision;
}

}  // namespace octet::server
