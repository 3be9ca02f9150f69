#include "engine/memory/arena_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kNoLimit = SIZE_MAX / 2;

// Bytes that all requests alive at one step have together, for the worst step: no arena is smaller.
size_t LowerBound(const std::vector<ArenaRequest>& requests) {
  size_t worst = 0;
  for (const ArenaRequest& at : requests) {
    size_t sum = 0;
    for (const ArenaRequest& r : requests) {
      if (r.first <= at.first && at.first <= r.last) sum += r.bytes;
    }
    worst = std::max(worst, sum);
  }
  return worst;
}

void ExpectSound(const std::vector<ArenaRequest>& requests, const ArenaLayout& layout) {
  ASSERT_EQ(layout.offsets.size(), requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(layout.offsets[i] % kArenaAlignment, 0u);
    EXPECT_LE(layout.offsets[i] + requests[i].bytes, layout.total_bytes);
    for (size_t j = 0; j < i; ++j) {
      const bool meet =
          requests[i].first <= requests[j].last && requests[j].first <= requests[i].last;
      const bool overlap = layout.offsets[i] < layout.offsets[j] + requests[j].bytes &&
                           layout.offsets[j] < layout.offsets[i] + requests[i].bytes;
      EXPECT_FALSE(meet && overlap) << "requests " << i << " and " << j;
    }
  }
}

TEST(ArenaPlannerTest, NothingNeedsNothing) {
  const auto layout = PlanArena({}, 0);
  ASSERT_TRUE(layout.ok());
  EXPECT_TRUE(layout->offsets.empty());
  EXPECT_EQ(layout->total_bytes, 0u);
}

TEST(ArenaPlannerTest, ReusesMemoryOfTheDead) {
  // A chain of three: the third lives when the first is dead.
  const std::vector<ArenaRequest> chain = {{640, 0, 1}, {128, 1, 2}, {640, 2, 3}};
  const auto layout = PlanArena(chain, kNoLimit);
  ASSERT_TRUE(layout.ok());
  EXPECT_THAT(layout->offsets, ElementsAre(0, 640, 0));
  EXPECT_EQ(layout->total_bytes, 768u);
}

TEST(ArenaPlannerTest, LastStepIncluded) {
  const std::vector<ArenaRequest> meeting = {{64, 0, 1}, {64, 1, 2}};
  EXPECT_EQ(PlanArena(meeting, kNoLimit)->total_bytes, 128u);
  const std::vector<ArenaRequest> apart = {{64, 0, 1}, {64, 2, 2}};
  EXPECT_EQ(PlanArena(apart, kNoLimit)->total_bytes, 64u);
}

TEST(ArenaPlannerTest, FillsTheLowestGapThatFits) {
  // 512 and 256 bytes live all the time; 64 fit between them where 192 died before.
  const std::vector<ArenaRequest> requests = {{512, 0, 9}, {256, 0, 2}, {192, 0, 9}, {64, 5, 6}};
  const auto layout = PlanArena(requests, kNoLimit);
  ASSERT_TRUE(layout.ok());
  EXPECT_THAT(layout->offsets, ElementsAre(0, 512, 768, 512));
}

TEST(ArenaPlannerTest, RandomLifetimesNeverOverlapAndPlansAreRepeatable) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<ArenaRequest> requests(1 + random() % 40);
    for (ArenaRequest& r : requests) {
      r.bytes = random() % 5 == 0 ? 0 : random() % 2000;
      r.first = static_cast<int32_t>(random() % 20) - 1;
      r.last = r.first + static_cast<int32_t>(random() % 6);
    }
    const auto layout = PlanArena(requests, kNoLimit);
    ASSERT_TRUE(layout.ok());
    ExpectSound(requests, *layout);
    EXPECT_GE(layout->total_bytes, LowerBound(requests));
    size_t sum = 0;
    for (const ArenaRequest& r : requests) sum += r.bytes + kArenaAlignment;
    EXPECT_LE(layout->total_bytes, sum);
    const auto again = PlanArena(requests, kNoLimit);
    EXPECT_EQ(again->offsets, layout->offsets);
    EXPECT_EQ(again->total_bytes, layout->total_bytes);
  }
}

TEST(ArenaPlannerTest, LimitIsExact) {
  const std::vector<ArenaRequest> requests = {{100, 0, 1}, {60, 1, 2}};
  EXPECT_TRUE(PlanArena(requests, 192).ok());
  const auto beyond = PlanArena(requests, 191);
  EXPECT_EQ(beyond.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(beyond.status().message(), HasSubstr("191"));
}

TEST(ArenaPlannerTest, RefusesARequestBeyondTheLimit) {
  const std::vector<ArenaRequest> requests = {{SIZE_MAX - 3, 0, 1}};
  const auto layout = PlanArena(requests, size_t{1} << 31);
  EXPECT_EQ(layout.status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace octet
