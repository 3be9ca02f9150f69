// How much quantizations may hold, all together.
#ifndef OCTET_SERVER_SERVICES_QUANTIZE_ADMISSION_H_
#define OCTET_SERVER_SERVICES_QUANTIZE_ADMISSION_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace octet::server {

// Thread-safe.
class QuantizeAdmission {
 public:
  // At most `max_calls` at a time, with `max_bytes` of sources and samples.
  QuantizeAdmission(int max_calls, int64_t max_bytes)
      : max_calls_(max_calls), max_bytes_(max_bytes) {}

  // What one call may hold. Gives everything back at its end.
  class Share {
   public:
    explicit Share(QuantizeAdmission* admission) : admission_(admission) {}
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Once, before Reserve. ResourceExhausted, with the limit, where too many calls are under way.
    absl::Status Enter();
    // ResourceExhausted, with the limit, where all calls together would hold too much.
    absl::Status Reserve(int64_t bytes);

   private:
    QuantizeAdmission* const admission_;
    bool entered_ = false;
    int64_t bytes_ = 0;
  };

 private:
  const int max_calls_;
  const int64_t max_bytes_;
  absl::Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZE_ADMISSION_H_
