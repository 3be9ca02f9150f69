#include "server/batching/run_slots.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

// Keeps `threads` runs of each of several models waiting for one slot, and counts who gets it. What
// runs cost is said, not measured.
class Contest {
 public:
  struct Model {
    double weight;
    Nanoseconds cost;
  };

  std::vector<int> Count(const std::vector<Model>& models, int rounds) {
    RunSlots slots(1);
    RunSlots::Share holder(1);
    slots.Acquire(holder);  // until all wait
    std::vector<int> counts(models.size(), 0);
    int left = rounds;  // and counts: of whoever has the slot
    std::vector<std::unique_ptr<RunSlots::Share>> shares;
    std::vector<std::thread> threads;
    for (int m = 0; m < models.size(); ++m) {
      shares.push_back(std::make_unique<RunSlots::Share>(models[m].weight));
      for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&, m, share = shares.back().get()] {
          bool more = true;
          while (more) {
            slots.Acquire(*share);
            // The others are back in the queue before this one chooses among them.
            while (left > 0 && slots.waiting() < 2 * models.size() - 1) std::this_thread::yield();
            more = left > 0;
            if (more) {
              ++counts[m];
              --left;
            }
            slots.Release(*share, models[m].cost);
          }
        });
      }
    }
    while (slots.waiting() < 2 * models.size()) std::this_thread::yield();
    slots.Release(holder, Nanoseconds(0));
    for (std::thread& thread : threads) thread.join();
    return counts;
  }
};

TEST(RunSlots, EqualModelsTakeTurns) {
  EXPECT_THAT(Contest().Count({{1, milliseconds(1)}, {1, milliseconds(1)}}, 100),
              ElementsAre(50, 50));
}

TEST(RunSlots, TimeIsSharedAndNotRuns) {
  // One slow run for every ten quick ones.
  const std::vector<int> counts =
      Contest().Count({{1, milliseconds(10)}, {1, milliseconds(1)}}, 110);
  EXPECT_NEAR(counts[0], 10, 1);
  EXPECT_NEAR(counts[1], 100, 1);
}

TEST(RunSlots, WeightsDivideTheTime) {
  const std::vector<int> counts =
      Contest().Count({{3, milliseconds(2)}, {1, milliseconds(2)}}, 400);
  EXPECT_NEAR(counts[0], 300, 3);
  EXPECT_NEAR(counts[1], 100, 3);
}

TEST(RunSlots, TheLeastOfManyDoesNotStarve) {
  const std::vector<int> counts = Contest().Count(
      {{1000, milliseconds(1)}, {1000, milliseconds(1)}, {1, milliseconds(1)}}, 6003);
  EXPECT_NEAR(counts[2], 3, 1);
}

TEST(RunSlots, IdleTimeIsNotSavedUp) {
  RunSlots slots(1);
  RunSlots::Share busy(1);
  RunSlots::Share idle(1);
  for (int i = 0; i < 100; ++i) {
    slots.Acquire(busy);
    slots.Release(busy, milliseconds(1));
  }
  // `idle` has used nothing yet; were that kept, it would now have a hundred runs for itself.
  std::vector<int> order;  // of whoever has the slot
  slots.Acquire(busy);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    const bool is_idle = i % 2 == 0;
    threads.emplace_back([&, is_idle] {
      RunSlots::Share& share = is_idle ? idle : busy;
      slots.Acquire(share);
      order.push_back(is_idle ? 0 : 1);
      slots.Release(share, milliseconds(1));
    });
    while (slots.waiting() < i + 1) std::this_thread::yield();
  }
  slots.Release(busy, milliseconds(1));
  for (std::thread& thread : threads) thread.join();
  const auto ones = std::count(order.begin(), order.begin() + 4, 1);
  EXPECT_GE(ones, 1);
}

TEST(RunSlots, AsManyRunsAsSlotsAtATime) {
  RunSlots slots(2);
  RunSlots::Share share(1);
  slots.Acquire(share);
  slots.Acquire(share);
  std::thread third([&] { slots.Acquire(share); });
  while (slots.waiting() < 1) std::this_thread::yield();
  slots.Release(share, milliseconds(1));
  third.join();
  EXPECT_EQ(slots.waiting(), 0);
}

}  // namespace
}  // namespace octet::server
