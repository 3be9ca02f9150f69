#include "server/base/clock.h"

#include "absl/time/time.h"

namespace octet::server {

MonotonicTime SystemClock::Now() { return std::chrono::steady_clock::now(); }

void SystemClock::WaitUntil(absl::CondVar* cv, absl::Mutex* mutex, MonotonicTime deadline) {
  if (deadline == kNever) {
    cv->Wait(mutex);
    return;
  }
  cv->WaitWithTimeout(mutex, absl::FromChrono(deadline - Now()));
}

MonotonicTime FromWallClock(Clock& clock, std::chrono::system_clock::time_point deadline) {
  if (deadline == std::chrono::system_clock::time_point::max()) return kNever;
  const auto remaining = deadline - std::chrono::system_clock::now();
  // A client may send a deadline of many years: beyond a year it is as good as none.
  if (remaining > std::chrono::hours(24 * 365)) return kNever;
  return clock.Now() + remaining;
}

}  // namespace octet::server
