// Who computes next: the processors, shared among models.
#ifndef OCTET_SERVER_BATCHING_RUN_SLOTS_H_
#define OCTET_SERVER_BATCHING_RUN_SLOTS_H_

#include <list>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"

namespace octet::server {

// Lets a number of runs happen at the same time, and chooses which: of the models that wait, the
// one that has computed least for its weight. Over time, models that always wait get computing time
// as their weights are to each other; one that was idle saves nothing up, and none starves.
// Thread-safe.
class RunSlots {
 public:
  // Of one model.
  class Share {
   public:
    // `weight` > 0.
    explicit Share(double weight) : weight_(weight) {}

   private:
    friend class RunSlots;
    const double weight_;
    double used_ = 0;  // nanoseconds of computing, divided by the weight
    int active_ = 0;   // runs that wait or compute
  };

  // `slots` >= 1.
  explicit RunSlots(int slots) : free_(slots) {}

  // Waits for a slot. The share outlives its runs.
  void Acquire(Share& share);
  // Gives the slot back after `computed`.
  void Release(Share& share, Nanoseconds computed);

  // Runs that wait for a slot.
  int waiting() const;

 private:
  struct Waiter {
    Share* share;
    bool granted = false;
    absl::CondVar changed;
  };

  void GrantNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  int free_ ABSL_GUARDED_BY(mutex_);
  std::list<Waiter*> waiters_ ABSL_GUARDED_BY(mutex_);  // in the order of their coming
  double now_ ABSL_GUARDED_BY(mutex_) = 0;              // what the last one chosen had used
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_RUN_SLOTS_H_
