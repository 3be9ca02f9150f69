#include "engine/base/flush_denormals.h"

#include <gtest/gtest.h>

#include <atomic>

#include "engine/base/thread_pool.h"

namespace octet {
namespace {

// 1e-40, unless it is flushed; volatile and a call, so that it is computed here and now.
[[gnu::noinline]] float SmallProduct() {
  volatile float a = 1e-20f;
  return a * a;
}

TEST(FlushDenormalsTest, FlushesWhileItLives) {
  EXPECT_GT(SmallProduct(), 0);
  {
    const ScopedFlushDenormals outer;
    EXPECT_EQ(SmallProduct(), 0);
    {
      const ScopedFlushDenormals inner;
      EXPECT_EQ(SmallProduct(), 0);
    }
    EXPECT_EQ(SmallProduct(), 0);
    volatile float normal = 1.5e-38f;
    EXPECT_GT(normal * 1.0f, 0);
  }
  EXPECT_GT(SmallProduct(), 0);
}

TEST(FlushDenormalsTest, WorkersOfThePoolFlush) {
  ThreadPool pool(3);
  const ScopedFlushDenormals flush;
  std::atomic<int> flushed{0};
  pool.ParallelFor(1000, [&](int64_t) { flushed += SmallProduct() == 0; });
  EXPECT_EQ(flushed.load(), 1000);
}

}  // namespace
}  // namespace octet
