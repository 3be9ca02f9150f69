#include "server/models/sequence_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace octet::server {

SequenceTable::SequenceTable(std::string model, Nanoseconds idle_timeout, Clock* clock)
    : model_(std::move(model)),
      idle_timeout_(idle_timeout),
      clock_(clock),
      sweeper_([this] { SweepLoop(); }) {}

SequenceTable::~SequenceTable() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  sweeper_.join();
}

absl::StatusOr<std::shared_ptr<Execution>> SequenceTable::Take(const SequenceStep& step,
                                                               const Maker& make) {
  absl::MutexLock lock(&mutex_);
  const MonotonicTime now = clock_->Now();
  ForgetIdle(now);  // what the sweeper has not come to yet
  auto found = sequences_.find(step.id);
  if (!step.start && found == sequences_.end()) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(idle_timeout_).count();
    return absl::InvalidArgumentError(
        absl::StrCat("sequence ", step.id, " of model '", model_,
                     "' is not under way: its first request needs sequence_start true (a sequence "
                     "is forgotten at its end, after ",
                     seconds, " s without a request, and when the model is loaded anew)"));
  }
  if (step.start) {
    if (found != sequences_.end()) sequences_.erase(found);
    absl::StatusOr<std::shared_ptr<Execution>> made = make();
    if (!made.ok()) return made.status();
    Insert(step.id, *std::move(made));
    found = sequences_.find(step.id);
  }
  found->second.last_request = now;
  std::shared_ptr<Execution> execution = found->second.execution;
  if (step.end) sequences_.erase(found);
  return execution;
}

void SequenceTable::Undo(const SequenceStep& step, const std::shared_ptr<Execution>& execution) {
  absl::MutexLock lock(&mutex_);
  const auto found = sequences_.find(step.id);
  if (step.start) {
    if (found != sequences_.end() && found->second.execution == execution) sequences_.erase(found);
  } else if (step.end) {
    Insert(step.id, execution);
  }
}

void SequenceTable::Insert(const std::string& id, std::shared_ptr<Execution> execution) {
  // Otherwise the sweeper wakes for one that is older.
  if (sequences_.empty()) changed_.Signal();
  sequences_.emplace(id, Sequence{std::move(execution), clock_->Now()});
}

void SequenceTable::SweepLoop() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    const MonotonicTime now = clock_->Now();
    ForgetIdle(now);
    clock_->WaitUntil(&changed_, &mutex_, std::max(NextSweep(), now + kSweepInterval));
  }
}

MonotonicTime SequenceTable::NextSweep() {
  MonotonicTime next = kNever;
  for (const auto& [id, sequence] : sequences_) {
    next = std::min(next, sequence.last_request + idle_timeout_);
  }
  return next;
}

void SequenceTable::ForgetIdle(MonotonicTime now) {
  for (auto it = sequences_.begin(); it != sequences_.end();) {
    Sequence& sequence = it->second;
    // Held by a request as well as by this table: it is under way.
    if (sequence.execution.use_count() > 1) sequence.last_request = now;
    it = now - sequence.last_request >= idle_timeout_ ? sequences_.erase(it) : std::next(it);
  }
}

}  // namespace octet::server
