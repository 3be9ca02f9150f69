#include "server/batching/run_slots.h"

#include <algorithm>

namespace octet::server {

void RunSlots::Acquire(Share& share) {
  absl::MutexLock lock(&mutex_);
  // Whoever was idle starts level with the others.
  if (share.active_++ == 0) share.used_ = std::max(share.used_, now_);
  Waiter waiter;
  waiter.share = &share;
  waiters_.push_back(&waiter);
  GrantNext();
  while (!waiter.granted) waiter.changed.Wait(&mutex_);
}

void RunSlots::Release(Share& share, Nanoseconds computed) {
  absl::MutexLock lock(&mutex_);
  share.used_ += static_cast<double>(computed.count()) / share.weight_;
  --share.active_;
  ++free_;
  GrantNext();
}

int RunSlots::waiting() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(waiters_.size());
}

void RunSlots::GrantNext() {
  while (free_ > 0 && !waiters_.empty()) {
    const auto next = std::min_element(
        waiters_.begin(), waiters_.end(),
        [](const Waiter* a, const Waiter* b) { return a->share->used_ < b->share->used_; });
    Waiter* const waiter = *next;
    waiters_.erase(next);
    --free_;
    now_ = std::max(now_, waiter->share->used_);
    waiter->granted = true;
    waiter->changed.Signal();
  }
}

}  // namespace octet::server
