#include "engine/base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <deque>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace octet {
namespace {

thread_local bool inside_loop = false;

// One ParallelFor in flight. Lives on the caller's stack: the caller leaves only when no worker
// holds it any more.
struct Loop {
  Loop(int64_t count, absl::FunctionRef<void(int64_t)> body) : count(count), body(body) {}

  void Work() {
    inside_loop = true;
    for (int64_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) body(i);
    inside_loop = false;
  }
  bool exhausted() const { return next.load() >= count; }

  const int64_t count;
  absl::FunctionRef<void(int64_t)> body;
  std::atomic<int64_t> next{0};
  int workers = 0;  // guarded by the pool's mutex
};

// Reads "quota period" (cgroup v2) or one number a file (v1); 0 where there is no limit.
double CgroupCpuLimit() {
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (v2 >> quota >> period) {
    return quota == "max" || period <= 0 ? 0 : std::atof(quota.c_str()) / period;
  }
  double v1_quota = 0;
  std::ifstream q("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream p("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (q >> v1_quota && p >> period && v1_quota > 0 && period > 0) return v1_quota / period;
  return 0;
}

}  // namespace

class ThreadPool::Impl {
 public:
  explicit Impl(int threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { WorkerMain(); });
  }

  ~Impl() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  void ParallelFor(int64_t count, absl::FunctionRef<void(int64_t)> body) {
    if (count <= 1 || workers_.empty() || inside_loop) {
      for (int64_t i = 0; i < count; ++i) body(i);
      return;
    }
    Loop loop(count, body);
    {
      absl::MutexLock lock(&mutex_);
      loops_.push_back(&loop);
    }
    loop.Work();
    absl::MutexLock lock(&mutex_);
    loops_.erase(std::remove(loops_.begin(), loops_.end(), &loop), loops_.end());
    mutex_.Await(absl::Condition(
        +[](Loop* l) { return l->workers == 0; }, &loop));
  }

 private:
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !loops_.empty();
  }

  void WorkerMain() {
    absl::MutexLock lock(&mutex_);
    while (true) {
      mutex_.Await(absl::Condition(this, &Impl::HasWork));
      if (stopping_) return;
      Loop* loop = loops_.front();
      loops_.pop_front();
      if (loop->exhausted()) continue;
      loops_.push_back(loop);  // to the back: other loops get their turn
      ++loop->workers;
      mutex_.Unlock();
      loop->Work();
      mutex_.Lock();
      --loop->workers;
    }
  }

  std::vector<std::thread> workers_;
  absl::Mutex mutex_;
  std::deque<Loop*> loops_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

ThreadPool::ThreadPool(int threads) : impl_(std::make_unique<Impl>(std::max(threads, 1))) {}
ThreadPool::~ThreadPool() = default;
int ThreadPool::threads() const { return impl_->threads(); }
void ThreadPool::ParallelFor(int64_t count, absl::FunctionRef<void(int64_t)> body) {
  impl_->ParallelFor(count, body);
}

int ThreadPool::DefaultThreads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int processors = static_cast<int>(std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof(set), &set) == 0) processors = CPU_COUNT(&set);
  const double limit = CgroupCpuLimit();
  if (limit > 0) processors = std::min(processors, static_cast<int>(std::floor(limit)));
  return std::max(processors, 1);
}

}  // namespace octet
