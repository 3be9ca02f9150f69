#include "server/models/sequence_table.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/server/fake_clock.h"

namespace octet::server {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

class NoExecution final : public Execution {
 public:
  absl::Status SetRows(int64_t) override { return absl::OkStatus(); }
  absl::Span<std::byte> input(int) override { return {}; }
  absl::Span<const std::byte> output(int) const override { return {}; }
  Shape output_shape(int) const override { return Shape{}; }
  absl::Status Run() override { return absl::OkStatus(); }
};

class SequenceTableTest : public testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<Execution>> Take(const SequenceStep& step) {
    return table_.Take(step, [this]() -> absl::StatusOr<std::shared_ptr<Execution>> {
      if (!may_make_.ok()) return may_make_;
      return std::make_shared<NoExecution>();
    });
  }
  absl::Status Refusal(const SequenceStep& step) { return Take(step).status(); }

  FakeClock clock_;
  absl::Status may_make_;
  SequenceTable table_{"m", seconds(60), &clock_};
};

constexpr bool kStart = true;
constexpr bool kEnd = true;

TEST_F(SequenceTableTest, GoesOnFromStartToEnd) {
  const auto first = *Take({"7", kStart});
  EXPECT_EQ(*Take({"7"}), first);
  EXPECT_EQ(*Take({"7", false, kEnd}), first);
  const absl::Status after = Refusal({"7"});
  EXPECT_EQ(after.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(after.message(), HasSubstr("sequence_start"));
  EXPECT_THAT(after.message(), HasSubstr("sequence 7 of model 'm'"));
}

TEST_F(SequenceTableTest, SequencesAreApart) {
  const auto number = *Take({"7", kStart});
  const auto text = *Take({"'7'", kStart});
  EXPECT_NE(number, text);
  EXPECT_EQ(*Take({"7"}), number);
  EXPECT_FALSE(Refusal({"8"}).ok());
}

TEST_F(SequenceTableTest, AnotherStartBeginsAnew) {
  const auto first = *Take({"7", kStart});
  const auto second = *Take({"7", kStart});
  EXPECT_NE(first, second);
  EXPECT_EQ(*Take({"7"}), second);
}

TEST_F(SequenceTableTest, OneRequestMayBeAWholeSequence) {
  EXPECT_TRUE(Take({"7", kStart, kEnd}).ok());
  EXPECT_FALSE(Refusal({"7"}).ok());
}

TEST_F(SequenceTableTest, AnIdleSequenceIsForgotten) {
  ASSERT_TRUE(Take({"7", kStart}).ok());
  clock_.Advance(seconds(59));
  ASSERT_TRUE(Take({"7"}).ok());
  clock_.Advance(seconds(60));
  EXPECT_FALSE(Refusal({"7"}).ok());
}

TEST_F(SequenceTableTest, OneWithARequestUnderWayIsNotIdle) {
  auto under_way = *Take({"7", kStart});
  clock_.Advance(seconds(600));
  EXPECT_TRUE(Take({"7"}).ok());
  under_way.reset();
  clock_.Advance(seconds(60));
  EXPECT_FALSE(Refusal({"7"}).ok());
}

TEST_F(SequenceTableTest, IdleSequencesGiveTheirMemoryBackWithoutARequest) {
  const std::weak_ptr<Execution> first = *Take({"7", kStart});
  clock_.Advance(seconds(30));
  const std::weak_ptr<Execution> second = *Take({"8", kStart});
  const std::shared_ptr<Execution> under_way = *Take({"9", kStart});
  clock_.Advance(seconds(30));
  while (!first.expired()) std::this_thread::yield();
  EXPECT_FALSE(second.expired());
  clock_.Advance(seconds(30));
  while (!second.expired()) std::this_thread::yield();
  // And after a time without any, too.
  const std::weak_ptr<Execution> third = *Take({"7", kStart});
  clock_.Advance(seconds(60));
  while (!third.expired()) std::this_thread::yield();
  EXPECT_EQ(*Take({"9"}), under_way);
}

TEST_F(SequenceTableTest, TooManyAreTheMakersToRefuse) {
  may_make_ = absl::ResourceExhaustedError("256 states");
  EXPECT_EQ(Refusal({"7", kStart}).code(), absl::StatusCode::kResourceExhausted);
  may_make_ = absl::OkStatus();
  EXPECT_FALSE(Refusal({"7"}).ok());
  EXPECT_TRUE(Take({"7", kStart}).ok());
}

TEST_F(SequenceTableTest, ARefusedRequestNeverCame) {
  const SequenceStep start{"7", kStart};
  table_.Undo(start, *Take(start));
  EXPECT_FALSE(Refusal({"7"}).ok());
  const auto execution = *Take(start);
  const SequenceStep end{"7", false, kEnd};
  table_.Undo(end, *Take(end));
  EXPECT_EQ(*Take(end), execution);
}

}  // namespace
}  // namespace octet::server
