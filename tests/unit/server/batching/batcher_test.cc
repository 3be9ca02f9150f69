#include "server/batching/batcher.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/server/fake_clock.h"

namespace octet::server {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

// Doubles each row, an int32. Runs wait while the gate is shut.
class FakeEngine {
 public:
  void Shut() {
    absl::MutexLock lock(&mutex_);
    open_ = false;
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  // Waits until `runs` runs have begun.
  void AwaitBegun(int runs) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [this, runs]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return batches_.size() >= runs;
    };
    mutex_.Await(absl::Condition(&reached));
  }
  std::vector<int64_t> batches() {
    absl::MutexLock lock(&mutex_);
    return batches_;
  }
  void FailWith(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }
  absl::Status Run(int64_t rows) {
    absl::MutexLock lock(&mutex_);
    batches_.push_back(rows);
    mutex_.Await(absl::Condition(&open_));
    return failure_;
  }

 private:
  absl::Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  std::vector<int64_t> batches_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

class FakeExecution final : public Execution {
 public:
  // `lost_rows`: rows that go missing from the output.
  explicit FakeExecution(FakeEngine* engine, int lost_rows = 0)
      : engine_(engine), lost_rows_(lost_rows) {}

  absl::Status SetRows(int64_t rows) override {
    in_.assign(rows, 0);
    out_.assign(rows - lost_rows_, 0);
    return absl::OkStatus();
  }
  absl::Span<std::byte> input(int) override {
    return {reinterpret_cast<std::byte*>(in_.data()), in_.size() * sizeof(int32_t)};
  }
  absl::Span<const std::byte> output(int) const override {
    return {reinterpret_cast<const std::byte*>(out_.data()), out_.size() * sizeof(int32_t)};
  }
  Shape output_shape(int) const override { return Shape{static_cast<int32_t>(out_.size())}; }
  absl::Status Run() override {
    for (int i = 0; i < std::min(out_.size(), in_.size()); ++i) out_[i] = 2 * in_[i];
    return engine_->Run(in_.size());
  }

 private:
  FakeEngine* const engine_;
  const int lost_rows_;
  std::vector<int32_t> in_;
  std::vector<int32_t> out_;
};

class FakeItem final : public BatchItem {
 public:
  explicit FakeItem(std::vector<int32_t> values) : in_(std::move(values)), out_(in_.size(), -1) {}

  int64_t rows() const override { return in_.size(); }
  size_t bytes() const override { return in_.size() * sizeof(int32_t); }
  void WriteInput(int, int64_t first_row, absl::Span<std::byte> out) override {
    std::memcpy(out.data(), in_.data() + first_row, out.size());
  }
  void ReadOutput(int, int64_t first_row, absl::Span<const std::byte> rows) override {
    std::memcpy(out_.data() + first_row, rows.data(), rows.size());
  }
  absl::Status TakeOutput(int, const Shape& shape, absl::Span<const std::byte> bytes) override {
    if (shape.num_elements() > 3) return absl::ResourceExhaustedError("more than three");
    out_.resize(shape.num_elements());
    std::memcpy(out_.data(), bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  void Done(const absl::Status& status, const StageTimes& times) override {
    status_ = status;
    times_ = times;
    done_.Notify();  // a second call would end the test
  }

  const absl::Status& Wait() {
    done_.WaitForNotification();
    return status_;
  }
  bool done() const { return done_.HasBeenNotified(); }
  const std::vector<int32_t>& out() const { return out_; }
  const StageTimes& times() const { return times_; }

 private:
  const std::vector<int32_t> in_;
  std::vector<int32_t> out_;
  absl::Status status_;
  StageTimes times_;
  absl::Notification done_;
};

class FakeObserver final : public BatchObserver {
 public:
  void QueueRows(int64_t rows) override {
    absl::MutexLock lock(&mutex_);
    rows_ = rows;
  }
  void Executed(int64_t rows, const StageTimes&) override {
    absl::MutexLock lock(&mutex_);
    executed_ += rows;
  }
  int64_t rows() {
    absl::MutexLock lock(&mutex_);
    return rows_;
  }
  int64_t executed() {
    absl::MutexLock lock(&mutex_);
    return executed_;
  }

 private:
  absl::Mutex mutex_;
  int64_t rows_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t executed_ ABSL_GUARDED_BY(mutex_) = 0;
};

class BatcherTest : public testing::Test {
 protected:
  void Start(BatcherOptions options, int workers = 1, int lost_rows = 0,
             size_t output_bytes = sizeof(int32_t)) {
    options.model = "m";
    std::vector<std::unique_ptr<Execution>> executions;
    for (int i = 0; i < workers; ++i) {
      executions.push_back(std::make_unique<FakeExecution>(&engine_, lost_rows));
    }
    batcher_.emplace(options, RowBytes{{sizeof(int32_t)}, {output_bytes}}, std::move(executions),
                     &clock_, &observer_);
  }

  std::shared_ptr<FakeItem> Submit(std::vector<int32_t> values, MonotonicTime deadline = kNever) {
    auto item = std::make_shared<FakeItem>(std::move(values));
    EXPECT_TRUE(batcher_->Submit(item, deadline).ok());
    return item;
  }
  absl::Status TrySubmit(int rows, MonotonicTime deadline = kNever) {
    return batcher_->Submit(std::make_shared<FakeItem>(std::vector<int32_t>(rows, 1)), deadline);
  }
  // A request that keeps the only worker busy until the gate opens.
  std::shared_ptr<FakeItem> Block() {
    engine_.Shut();
    auto blocker = Submit({1000});
    engine_.AwaitBegun(1);
    return blocker;
  }

  FakeEngine engine_;
  FakeClock clock_;
  FakeObserver observer_;
  std::optional<Batcher> batcher_;
};

TEST_F(BatcherTest, AnswersOneRequestAtOnce) {
  Start({.limits = {8}});
  auto item = Submit({1, 2, 3});
  EXPECT_TRUE(item->Wait().ok());
  EXPECT_THAT(item->out(), ElementsAre(2, 4, 6));
  EXPECT_THAT(engine_.batches(), ElementsAre(3));
}

// A model that is not batched may find its outputs' shapes while it runs.
TEST_F(BatcherTest, HandsOverAnOutputWhoseShapeVaries) {
  Start({.limits = {1}}, /*workers=*/1, /*lost_rows=*/-2, RowBytes::kVaries);
  auto item = Submit({4});
  EXPECT_TRUE(item->Wait().ok());
  EXPECT_THAT(item->out(), testing::SizeIs(3));
}

TEST_F(BatcherTest, WhatTheItemSaysOfAVaryingOutputIsTheAnswer) {
  Start({.limits = {1}}, /*workers=*/1, /*lost_rows=*/-3, RowBytes::kVaries);
  EXPECT_EQ(Submit({4})->Wait().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(BatcherTest, GathersWhatArrivesWhileTheWorkerIsBusy) {
  Start({.limits = {8}});
  auto blocker = Block();
  auto a = Submit({1});
  auto b = Submit({2, 3});
  auto c = Submit({4, 5, 6, 7, 8});
  auto d = Submit({9});
  EXPECT_EQ(observer_.rows(), 9);
  engine_.Open();
  for (const auto& item : {blocker, a, b, c, d}) EXPECT_TRUE(item->Wait().ok());
  EXPECT_THAT(a->out(), ElementsAre(2));
  EXPECT_THAT(b->out(), ElementsAre(4, 6));
  EXPECT_THAT(c->out(), ElementsAre(8, 10, 12, 14, 16));
  EXPECT_THAT(d->out(), ElementsAre(18));
  EXPECT_THAT(engine_.batches(), ElementsAre(1, 8, 1));
  EXPECT_EQ(observer_.rows(), 0);
}

TEST_F(BatcherTest, SplitsARequestThatIsLargerThanARun) {
  Start({.limits = {8}}, /*workers=*/2);
  std::vector<int32_t> values(100);
  std::iota(values.begin(), values.end(), 0);
  auto item = Submit(values);
  EXPECT_TRUE(item->Wait().ok());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(item->out()[i], 2 * i);
  EXPECT_EQ(engine_.batches().size(), 13);
}

TEST_F(BatcherTest, WaitsForTheTimeoutAndNoLonger) {
  Start({.limits = {8, milliseconds(5)}});
  auto a = Submit({1});
  clock_.Advance(milliseconds(4));
  auto b = Submit({2});
  EXPECT_FALSE(a->done());
  clock_.Advance(milliseconds(1));
  EXPECT_TRUE(a->Wait().ok());
  EXPECT_TRUE(b->Wait().ok());
  EXPECT_THAT(engine_.batches(), ElementsAre(2));
  EXPECT_EQ(a->times().queue, milliseconds(5));
  EXPECT_EQ(b->times().queue, milliseconds(1));
}

TEST_F(BatcherTest, ExpiredRequestsAreAnsweredWithoutBeingComputed) {
  Start({.limits = {8}});
  auto blocker = Block();
  std::vector<std::shared_ptr<FakeItem>> items;
  for (int i = 0; i < 50; ++i) items.push_back(Submit({i}, clock_.Now() + milliseconds(100)));
  auto patient = Submit({7}, clock_.Now() + milliseconds(101));
  clock_.Advance(milliseconds(100));
  // The worker is still busy.
  for (const auto& item : items) {
    EXPECT_EQ(item->Wait().code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_EQ(observer_.rows(), 1);
  EXPECT_FALSE(patient->done());
  engine_.Open();
  EXPECT_TRUE(patient->Wait().ok());
  EXPECT_THAT(engine_.batches(), ElementsAre(1, 1));
}

TEST_F(BatcherTest, ADeadlineThatIsOverIsRefused) {
  Start({.limits = {8}});
  EXPECT_EQ(TrySubmit(1, clock_.Now()).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(observer_.rows(), 0);
}

TEST_F(BatcherTest, CancelledRequestsLeaveTheQueueAtOnce) {
  Start({.limits = {8}});
  auto blocker = Block();
  auto a = Submit({1, 2});
  auto b = Submit({3});
  batcher_->Cancel(a.get(), absl::CancelledError("gone"));
  EXPECT_EQ(a->Wait().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(observer_.rows(), 1);
  batcher_->Cancel(blocker.get(), absl::CancelledError("gone"));  // is being computed: too late
  EXPECT_FALSE(blocker->done());
  engine_.Open();
  EXPECT_TRUE(blocker->Wait().ok());
  EXPECT_TRUE(b->Wait().ok());
  EXPECT_THAT(engine_.batches(), ElementsAre(1, 1));
}

TEST_F(BatcherTest, ACancelledSplitRequestIsAnsweredWhenItsRunsHaveEnded) {
  Start({.limits = {2}});
  engine_.Shut();
  auto item = Submit({1, 2, 3, 4, 5});
  engine_.AwaitBegun(1);
  batcher_->Cancel(item.get(), absl::CancelledError("gone"));
  EXPECT_FALSE(item->done());  // a run still writes into it
  EXPECT_EQ(observer_.rows(), 0);
  engine_.Open();
  EXPECT_EQ(item->Wait().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(engine_.batches(), ElementsAre(2));
}

TEST_F(BatcherTest, TheRowLimitIsExact) {
  Start({.limits = {8}, .max_queue_rows = 4});
  auto blocker = Block();
  auto a = Submit({1, 2, 3});
  const absl::Status refused = TrySubmit(2);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("limit of 4 rows"));
  auto b = Submit({4});
  EXPECT_EQ(TrySubmit(1).code(), absl::StatusCode::kResourceExhausted);
  batcher_->Cancel(b.get(), absl::CancelledError("gone"));
  auto c = Submit({5});
  engine_.Open();
  EXPECT_TRUE(a->Wait().ok());
  EXPECT_TRUE(c->Wait().ok());
}

TEST_F(BatcherTest, TheByteLimitIsExact) {
  Start({.limits = {8}, .max_queue_bytes = 12});
  auto blocker = Block();
  auto a = Submit({1, 2, 3});
  const absl::Status refused = TrySubmit(1);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("limit of 12 bytes"));
  engine_.Open();
  EXPECT_TRUE(a->Wait().ok());
  EXPECT_TRUE(TrySubmit(1).ok());
}

TEST_F(BatcherTest, TheLimitsOfAllModelsAreExact) {
  auto totals = std::make_shared<QueueBudgets>(6, 20);
  ASSERT_TRUE(totals->Take(2, 4).ok());  // of another model
  Start({.limits = {8}, .totals = totals});
  auto blocker = Block();
  EXPECT_EQ(totals->rows.used(), 2);
  auto a = Submit({1, 2, 3});
  const absl::Status rows = TrySubmit(2);
  EXPECT_EQ(rows.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(rows.message()), HasSubstr("limit of 6 (--max-total-queue-rows)"));
  auto b = Submit({4});  // exactly at both limits
  EXPECT_EQ(totals->rows.used(), 6);
  EXPECT_EQ(totals->bytes.used(), 20);
  EXPECT_EQ(TrySubmit(1).code(), absl::StatusCode::kResourceExhausted);
  totals->rows.GiveBack(2);
  const absl::Status bytes = TrySubmit(1);
  EXPECT_THAT(std::string(bytes.message()), HasSubstr("limit of 20 (--max-total-queue-bytes)"));
  EXPECT_EQ(totals->rows.used(), 4);  // refused whole
  batcher_->Cancel(b.get(), absl::CancelledError("gone"));
  EXPECT_EQ(totals->rows.used(), 3);
  EXPECT_EQ(totals->bytes.used(), 16);
  engine_.Open();
  EXPECT_TRUE(a->Wait().ok());
  EXPECT_EQ(totals->rows.used(), 0);
  EXPECT_EQ(totals->bytes.used(), 4);
}

TEST_F(BatcherTest, RefusalsSayHowLongTheQueueTakesToDrain) {
  Start({.limits = {1}, .max_queue_rows = 4});
  auto blocker = Block();
  std::vector<std::shared_ptr<FakeItem>> items;
  for (int i = 0; i < 4; ++i) items.push_back(Submit({i}));
  // Nothing is measured yet, and the bound is the least.
  EXPECT_EQ(RetryPushbackMs(TrySubmit(1)), 1);
  EXPECT_EQ(RetryPushbackMs(TrySubmit(5)), -1);
  engine_.Open();
  for (const auto& item : items) EXPECT_TRUE(item->Wait().ok());
}

TEST_F(BatcherTest, AFailedRunFailsItsRequestsWhole) {
  Start({.limits = {2}});
  engine_.FailWith(absl::InternalError("broken"));
  auto item = Submit({1, 2, 3, 4, 5});
  EXPECT_EQ(item->Wait().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(observer_.rows(), 0);
  EXPECT_EQ(observer_.executed(), 0);
  EXPECT_THAT(engine_.batches(), ElementsAre(2));
}

TEST_F(BatcherTest, AModelThatLosesRowsGivesNobodyForeignRows) {
  Start({.limits = {8}}, /*workers=*/1, /*lost_rows=*/1);
  auto item = Submit({1, 2});
  EXPECT_EQ(item->Wait().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(item->out(), ElementsAre(-1, -1));
}

TEST_F(BatcherTest, WhatWaitsAtTheEndIsAnswered) {
  Start({.limits = {8, std::chrono::hours(1)}});
  auto item = Submit({1});
  batcher_.reset();
  EXPECT_EQ(item->Wait().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(observer_.rows(), 0);
}

TEST_F(BatcherTest, ManyThreadsGetTheirOwnAnswers) {
  Start({.limits = {16}, .max_queue_rows = 100000}, /*workers=*/2);
  std::vector<std::thread> clients;
  for (int t = 0; t < 8; ++t) {
    clients.emplace_back([this, t] {
      for (int i = 0; i < 200; ++i) {
        const int32_t value = t * 1000 + i;
        auto item = Submit(std::vector<int32_t>(1 + i % 5, value));
        ASSERT_TRUE(item->Wait().ok());
        for (const int32_t out : item->out()) ASSERT_EQ(out, 2 * value);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(observer_.executed(), 8 * 200 * 3);
  EXPECT_EQ(observer_.rows(), 0);
}

}  // namespace
}  // namespace octet::server
