// A clock that stands still until a test moves it.
#ifndef OCTET_TESTS_UNIT_SERVER_FAKE_CLOCK_H_
#define OCTET_TESTS_UNIT_SERVER_FAKE_CLOCK_H_

#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"

namespace octet::server {

class FakeClock final : public Clock {
 public:
  MonotonicTime Now() override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }

  void WaitUntil(absl::CondVar* cv, absl::Mutex* mutex, MonotonicTime deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    {
      absl::MutexLock lock(&mutex_);
      if (now_ >= deadline) return;
      waiting_[cv] = mutex;
    }
    cv->Wait(mutex);
  }

  // Moves time forward and wakes everybody who waits on this clock.
  void Advance(Nanoseconds duration) {
    std::map<absl::CondVar*, absl::Mutex*> waiting;
    {
      absl::MutexLock lock(&mutex_);
      now_ += duration;
      waiting = waiting_;
    }
    for (const auto& [cv, mutex] : waiting) {
      // Held by a waiter from its look at the time until it sleeps: after this, it hears the
      // signal.
      absl::MutexLock lock(mutex);
      cv->SignalAll();
    }
  }

 private:
  absl::Mutex mutex_;
  MonotonicTime now_ ABSL_GUARDED_BY(mutex_) = MonotonicTime(std::chrono::hours(1));
  std::map<absl::CondVar*, absl::Mutex*> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace octet::server

#endif  // OCTET_TESTS_UNIT_SERVER_FAKE_CLOCK_H_
