#include "engine/base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/flush_denormals.h"

namespace octet {
namespace {

thread_local bool inside_loop = false;

// How long a thread watches for work, or for the end of its loop, before it sleeps: about 100 us,
// longer than a step of a run that one thread does alone (waking from sleep costs as much), shorter
// than what a throttled container would notice. A pause takes about 40 ns.
constexpr int kSpins = 2500;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

// Watches for `done` for a short while.
template <typename Condition>
void SpinUntil(Condition done) {
  for (int i = 0; i < kSpins && !done(); ++i) Pause();
}

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
  std::atomic<int> workers{0};  // changed under the pool's mutex
  Loop* behind = nullptr;       // in the queue that holds it
};

// First in, first out; links the loops themselves, so that queueing allocates nothing.
class LoopQueue {
 public:
  bool empty() const { return front_ == nullptr; }
  void PushBack(Loop* loop) {
    loop->behind = nullptr;
    Loop** end = &front_;
    while (*end != nullptr) end = &(*end)->behind;
    *end = loop;
  }
  // Requires that it is not empty.
  Loop* PopFront() { return std::exchange(front_, front_->behind); }
  void Remove(const Loop* loop) {
    Loop** link = &front_;
    while (*link != nullptr && *link != loop) link = &(*link)->behind;
    if (*link != nullptr) *link = loop->behind;
  }

 private:
  Loop* front_ = nullptr;
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
      has_work_.store(true, std::memory_order_relaxed);
    }
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  void ParallelFor(int64_t count, absl::FunctionRef<void(int64_t)> body) {
    if (count <= 1 || workers_.empty() || inside_loop || AllThreadsHaveRuns()) {
      for (int64_t i = 0; i < count; ++i) body(i);
      return;
    }
    Loop loop(count, body);
    {
      absl::MutexLock lock(&mutex_);
      loops_.PushBack(&loop);
      NoteWork();
    }
    loop.Work();
    {
      absl::MutexLock lock(&mutex_);
      loops_.Remove(&loop);
      NoteWork();
    }
    SpinUntil([&] { return loop.workers.load(std::memory_order_relaxed) == 0; });
    // Also after a successful watch: whoever counted down must have let go of the mutex.
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](Loop* l) { return l->workers.load(std::memory_order_relaxed) == 0; }, &loop));
  }

  // Counts the runs that are under way.
  void RunBegins() { runs_.fetch_add(1, std::memory_order_relaxed); }
  void RunEnds() { runs_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  bool AllThreadsHaveRuns() const { return runs_.load(std::memory_order_relaxed) >= threads(); }

  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !loops_.empty();
  }

  void NoteWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    has_work_.store(HasWork(), std::memory_order_relaxed);
  }

  void WorkerMain() {
    const ScopedFlushDenormals flush;
    absl::MutexLock lock(&mutex_);
    while (true) {
      mutex_.Await(absl::Condition(this, &Impl::HasWork));
      if (stopping_) return;
      Loop* loop = loops_.PopFront();
      if (!loop->exhausted()) {
        loops_.PushBack(loop);  // to the back: other loops get their turn
        loop->workers.fetch_add(1, std::memory_order_relaxed);
        mutex_.Unlock();
        loop->Work();
        mutex_.Lock();
        loop->workers.fetch_sub(1, std::memory_order_relaxed);
      }
      NoteWork();
      if (HasWork()) continue;
      mutex_.Unlock();
      SpinUntil([this] { return has_work_.load(std::memory_order_relaxed); });
      mutex_.Lock();
    }
  }

  std::vector<std::thread> workers_;
  absl::Mutex mutex_;
  LoopQueue loops_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // HasWork() for those who watch without the mutex; who acts on it asks again with the mutex.
  std::atomic<bool> has_work_{false};
  std::atomic<int> runs_{0};
};

ThreadPool::ThreadPool(int threads) : impl_(std::make_unique<Impl>(std::max(threads, 1))) {}
ThreadPool::~ThreadPool() = default;
int ThreadPool::threads() const { return impl_->threads(); }
void ThreadPool::ParallelFor(int64_t count, absl::FunctionRef<void(int64_t)> body) {
  impl_->ParallelFor(count, body);
}

ThreadPool::RunScope::RunScope(ThreadPool* pool) : pool_(pool) {
  if (pool_ != nullptr) pool_->impl_->RunBegins();
}
ThreadPool::RunScope::~RunScope() {
  if (pool_ != nullptr) pool_->impl_->RunEnds();
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
