// Time that tests can hold in their hands.
#ifndef OCTET_SERVER_BASE_CLOCK_H_
#define OCTET_SERVER_BASE_CLOCK_H_

#include <chrono>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace octet::server {

// A point on the monotonic clock: settings of the wall clock do not move deadlines.
using MonotonicTime = std::chrono::steady_clock::time_point;
using Nanoseconds = std::chrono::nanoseconds;

// Later than every other time: a deadline that never comes.
inline constexpr MonotonicTime kNever = MonotonicTime::max();

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual MonotonicTime Now() = 0;

  // Waits until `cv` is signalled or `deadline` has come; may return earlier. The caller holds
  // `mutex`, which is released meanwhile.
  virtual void WaitUntil(absl::CondVar* cv, absl::Mutex* mutex, MonotonicTime deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) = 0;
};

class SystemClock final : public Clock {
 public:
  MonotonicTime Now() override;
  void WaitUntil(absl::CondVar* cv, absl::Mutex* mutex, MonotonicTime deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
};

// `deadline` on the wall clock as a point on `clock`; the largest value of its type is kNever.
MonotonicTime FromWallClock(Clock& clock, std::chrono::system_clock::time_point deadline);

}  // namespace octet::server

#endif  // OCTET_SERVER_BASE_CLOCK_H_
