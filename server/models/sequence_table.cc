#include "server/models/sequence_table.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace octet::server {

absl::StatusOr<std::shared_ptr<Execution>> SequenceTable::Take(const SequenceStep& step,
                                                               MonotonicTime now,
                                                               const Maker& make) {
  absl::MutexLock lock(&mutex_);
  ForgetIdle(now);
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
    found = sequences_.emplace(step.id, Sequence{*std::move(made), now}).first;
  }
  found->second.last_request = now;
  std::shared_ptr<Execution> execution = found->second.execution;
  if (step.end) sequences_.erase(found);
  return execution;
}

void SequenceTable::Undo(const SequenceStep& step, const std::shared_ptr<Execution>& execution,
                         MonotonicTime now) {
  absl::MutexLock lock(&mutex_);
  const auto found = sequences_.find(step.id);
  if (step.start) {
    if (found != sequences_.end() && found->second.execution == execution) sequences_.erase(found);
  } else if (step.end) {
    sequences_.emplace(step.id, Sequence{execution, now});
  }
}

void SequenceTable::ForgetIdle(MonotonicTime now) {
  for (auto it = sequences_.begin(); it != sequences_.end();) {
    // Held by a request as well as by this table: it is under way.
    const bool busy = it->second.execution.use_count() > 1;
    const bool idle = !busy && now - it->second.last_request >= idle_timeout_;
    it = idle ? sequences_.erase(it) : std::next(it);
  }
}

}  // namespace octet::server
