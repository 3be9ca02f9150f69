#include "server/batching/budget.h"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using testing::StrEq;

TEST(Budget, TakesExactlyUpToTheLimit) {
  Budget budget("bytes are held", "--most", 10);
  EXPECT_TRUE(budget.Take(7).ok());
  const absl::Status refused = budget.Take(4);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()),
              StrEq("7 bytes are held, 4 more would pass the limit of 10 (--most)"));
  EXPECT_EQ(budget.used(), 7);
  EXPECT_TRUE(budget.Take(3).ok());
  EXPECT_TRUE(budget.Take(0).ok());
  EXPECT_FALSE(budget.Take(1).ok());
  budget.GiveBack(1);
  EXPECT_TRUE(budget.Take(1).ok());
}

TEST(Budget, HugeAmountsDoNotOverflow) {
  Budget budget("bytes are held", "--most", 10);
  EXPECT_TRUE(budget.Take(7).ok());
  EXPECT_FALSE(budget.Take(INT64_MAX).ok());
  EXPECT_EQ(budget.used(), 7);
}

TEST(Budget, AChargeGivesBackOnce) {
  Budget budget("bytes are held", "--most", 10);
  {
    absl::StatusOr<Budget::Charge> charge = budget.TakeCharge(6);
    ASSERT_TRUE(charge.ok());
    EXPECT_FALSE(budget.TakeCharge(5).ok());
    const Budget::Charge moved = *std::move(charge);
    EXPECT_EQ(budget.used(), 6);
  }
  EXPECT_EQ(budget.used(), 0);
}

TEST(Budget, ManyThreadsNeverPassTheLimit) {
  constexpr int kLimit = 5;
  Budget budget("units are held", "--most", kLimit);
  std::atomic<int> held{0};
  std::atomic<bool> passed{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        if (!budget.Take(2).ok()) continue;
        if ((held += 2) > kLimit) passed = true;
        held -= 2;
        budget.GiveBack(2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(passed);
  EXPECT_EQ(budget.used(), 0);
}

TEST(QueueBudgets, TakeBothOrNeither) {
  QueueBudgets budgets(4, 100);
  EXPECT_TRUE(budgets.Take(3, 100).ok());
  EXPECT_FALSE(budgets.Take(1, 1).ok());
  EXPECT_EQ(budgets.rows.used(), 3);
  EXPECT_FALSE(budgets.Take(2, 0).ok());
  EXPECT_EQ(budgets.bytes.used(), 100);
}

}  // namespace
}  // namespace octet::server
