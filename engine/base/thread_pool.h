// One pool of worker threads for the process.
#ifndef OCTET_ENGINE_BASE_THREAD_POOL_H_
#define OCTET_ENGINE_BASE_THREAD_POOL_H_

#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"

namespace octet {

// Runs loops on several threads, which flush subnormal numbers (flush_denormals.h); a caller does
// so itself. Thread-safe: several callers may share one pool; their loops take turns at the
// workers. A pool of one thread runs everything on the caller.
class ThreadPool {
 public:
  // `threads` counts the caller: a pool of N starts N - 1 workers. Requires threads >= 1.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls body(i) once for each i in [0, count), on the workers and on the calling thread, and
  // returns when all are done. The order is not specified, so bodies must not depend on it. Called
  // from inside a body, it runs the inner loop on that thread.
  void ParallelFor(int64_t count, absl::FunctionRef<void(int64_t)> body);

  // Says that a thread is busy with a run, of many loops, as long as this lives. While as many runs
  // are under way as the pool has threads, each keeps to its own thread: a run alone gets all of
  // them, many get one each, and none waits for another's.
  class RunScope {
   public:
    // `pool` outlives the scope; null does nothing.
    explicit RunScope(ThreadPool* pool);
    ~RunScope();
    RunScope(const RunScope&) = delete;
    RunScope& operator=(const RunScope&) = delete;

   private:
    ThreadPool* const pool_;
  };

  // Processors that this process may use: affinity mask, cut by the cgroup's CPU quota (v1 and v2,
  // rounded down), at least 1.
  static int DefaultThreads();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_THREAD_POOL_H_
