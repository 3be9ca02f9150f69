#include "engine/base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace octet {
namespace {

class ThreadPoolTest : public ::testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunsEachIndexOnce) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(pool.threads(), GetParam());
  for (int64_t count : {0, 1, 2, 3, 1000}) {
    std::vector<std::atomic<int>> calls(count);
    pool.ParallelFor(count, [&](int64_t i) { ++calls[i]; });
    for (int64_t i = 0; i < count; ++i) ASSERT_EQ(calls[i].load(), 1) << i << " of " << count;
  }
}

TEST_P(ThreadPoolTest, NestedLoopsRunOnTheirThread) {
  ThreadPool pool(GetParam());
  std::atomic<int> inner{0};
  std::atomic<int> strays{0};
  pool.ParallelFor(8, [&](int64_t) {
    const auto self = std::this_thread::get_id();
    pool.ParallelFor(5, [&](int64_t) {
      ++inner;
      if (std::this_thread::get_id() != self) ++strays;
    });
  });
  EXPECT_EQ(inner.load(), 40);
  EXPECT_EQ(strays.load(), 0);
}

TEST_P(ThreadPoolTest, ServesSeveralCallers) {
  ThreadPool pool(GetParam());
  constexpr int kCallers = 4;
  std::vector<std::atomic<int64_t>> sums(kCallers);
  std::vector<std::thread> callers;
  for (int c = 0; c < kCallers; ++c) {
    callers.emplace_back([&, c] {
      for (int round = 0; round < 50; ++round) {
        pool.ParallelFor(20, [&](int64_t i) { sums[c] += i; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (int c = 0; c < kCallers; ++c) EXPECT_EQ(sums[c].load(), 50 * 190);
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, ::testing::Values(1, 2, 3, 5));

// Bodies that wait for each other can only end where as many threads as the pool has run them.
TEST(ThreadPoolTest, AllThreadsWorkOnOneLoop) {
  constexpr int kThreads = 3;
  ThreadPool pool(kThreads);
  auto* barrier = new absl::Barrier(kThreads);  // the last to leave deletes it
  pool.ParallelFor(kThreads, [&](int64_t) {
    if (barrier->Block()) delete barrier;
  });
}

TEST(ThreadPoolTest, AfterALoopTheCallerIsFreeForAnother) {
  ThreadPool pool(2);
  for (int i = 0; i < 2000; ++i) {
    std::atomic<int> calls{0};
    pool.ParallelFor(2, [&](int64_t) { ++calls; });
    ASSERT_EQ(calls.load(), 2);
  }
}

TEST(ThreadPoolTest, EachRunKeepsToItsThreadWhileThereAreAsManyAsThreads) {
  ThreadPool pool(2);
  const ThreadPool::RunScope one(&pool);
  {
    const ThreadPool::RunScope other(&pool);
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<int> strays{0};
    pool.ParallelFor(1000, [&](int64_t i) {
      strays += std::this_thread::get_id() != caller;
      // Time enough for another thread to come to help, if it would.
      const absl::Time end = absl::Now() + absl::Milliseconds(100);
      while (i == 0 && strays == 0 && absl::Now() < end) std::this_thread::yield();
    });
    EXPECT_EQ(strays.load(), 0);
  }
  // Alone again, it has both: these two can only end together.
  auto* barrier = new absl::Barrier(2);  // the last to leave deletes it
  pool.ParallelFor(2, [&](int64_t) {
    if (barrier->Block()) delete barrier;
  });
}

TEST(ThreadPoolTest, DefaultThreadsIsAtLeastOneAndWithinTheMachine) {
  const int threads = ThreadPool::DefaultThreads();
  EXPECT_GE(threads, 1);
  EXPECT_LE(threads, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace
}  // namespace octet
