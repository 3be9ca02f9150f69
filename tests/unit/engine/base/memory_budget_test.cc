#include "engine/base/memory_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace octet {
namespace {

using ::testing::HasSubstr;

TEST(MemoryBudgetTest, GivesNoMoreThanItHas) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.Take(60).ok());
  const absl::Status status = budget.Take(41);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("41 bytes on top of 60"));
  EXPECT_EQ(budget.used(), 60u);
  EXPECT_FALSE(budget.Take(SIZE_MAX).ok());
  EXPECT_TRUE(budget.Take(40).ok());
  budget.Return(100);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(BudgetedBufferTest, GrowsAndGivesBack) {
  MemoryBudget budget(1000);
  {
    BudgetedBuffer buffer(budget);
    EXPECT_TRUE(buffer.Reserve(0).ok());
    EXPECT_TRUE(buffer.Reserve(100).ok());
    EXPECT_TRUE(buffer.Reserve(50).ok());
    EXPECT_EQ(buffer.size(), 100u);
    EXPECT_TRUE(buffer.Reserve(600).ok());
    EXPECT_EQ(budget.used(), 600u);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % kBufferAlignment, 0u);
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(BudgetedBufferTest, KeepsWhatItHasWhereItCannotGrow) {
  MemoryBudget budget(100);
  BudgetedBuffer buffer(budget);
  ASSERT_TRUE(buffer.Reserve(10).ok());
  buffer.data()[0] = std::byte{7};
  EXPECT_FALSE(buffer.Reserve(101).ok());
  EXPECT_EQ(buffer.size(), 10u);
  EXPECT_EQ(buffer.data()[0], std::byte{7});
  EXPECT_EQ(budget.used(), 10u);
}

// The budget allows it, the machine does not.
TEST(BudgetedBufferTest, MemoryThatCannotBeHadIsNotCounted) {
  MemoryBudget budget(SIZE_MAX);
  BudgetedBuffer buffer(budget);
  EXPECT_EQ(buffer.Reserve(SIZE_MAX - 1).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(BudgetedBufferTest, MovesItsMemoryAndItsDebt) {
  MemoryBudget budget(1000);
  BudgetedBuffer first(budget);
  ASSERT_TRUE(first.Reserve(10).ok());
  BudgetedBuffer second(std::move(first));
  EXPECT_EQ(second.size(), 10u);
  BudgetedBuffer third(budget);
  ASSERT_TRUE(third.Reserve(30).ok());
  std::swap(second, third);
  EXPECT_EQ(second.size(), 30u);
  EXPECT_EQ(third.size(), 10u);
  EXPECT_EQ(budget.used(), 40u);
}

}  // namespace
}  // namespace octet
