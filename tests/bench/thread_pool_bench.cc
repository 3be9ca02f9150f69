// What it costs to split a loop over the threads of a pool, by the length of each half.
#include <benchmark/benchmark.h>

#include <atomic>

#include "engine/base/thread_pool.h"

namespace octet {
namespace {

// Work of about `nanoseconds` that no compiler can drop.
void Busy(int64_t nanoseconds) {
  for (int64_t i = 0; i < nanoseconds; ++i) benchmark::DoNotOptimize(i);
}

void BM_ParallelFor(benchmark::State& state) {
  ThreadPool pool(static_cast<int>(state.range(0)));
  const int64_t each = state.range(1) / pool.threads();
  for (auto _ : state) {
    pool.ParallelFor(pool.threads(), [&](int64_t) { Busy(each); });
  }
}
BENCHMARK(BM_ParallelFor)
    ->ArgNames({"threads", "work"})
    ->ArgsProduct({{1, 2}, {100, 2000, 10000, 50000}})
    ->UseRealTime();

}  // namespace
}  // namespace octet

BENCHMARK_MAIN();
