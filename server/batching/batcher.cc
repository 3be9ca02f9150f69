#include "server/batching/batcher.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace octet::server {
namespace {

absl::Status UnloadingError(absl::string_view model) {
  return absl::UnavailableError(absl::StrCat("model '", model, "' is being unloaded"));
}

absl::Status WrongSize(absl::string_view what, int i, size_t bytes, int64_t rows,
                       size_t row_bytes) {
  return absl::InternalError(absl::StrCat(what, " ", i, " of a run has ", bytes, " bytes, not ",
                                          rows, " rows of ", row_bytes));
}

}  // namespace

struct Batcher::Entry {
  std::shared_ptr<BatchItem> item;
  MonotonicTime arrival;
  MonotonicTime deadline;
  int64_t waiting_rows;      // not yet taken by a run; the entry is in the queue while > 0
  int64_t running_rows = 0;  // in runs that have not ended
  absl::Status status;       // the first thing that went wrong
  StageTimes times;          // of all its runs
};

// Consecutive rows of one entry in one run.
struct Batcher::Piece {
  EntryPtr entry;
  int64_t first_row;
  int64_t rows;
};

Batcher::Batcher(BatcherOptions options, RowBytes row_bytes,
                 std::vector<std::unique_ptr<Execution>> executions, Clock* clock,
                 BatchObserver* observer)
    : options_(std::move(options)),
      row_bytes_(std::move(row_bytes)),
      clock_(clock),
      observer_(observer),
      executions_(std::move(executions)),
      share_(options_.weight) {
  for (const auto& execution : executions_) {
    threads_.emplace_back([this, &execution] { WorkerLoop(*execution); });
  }
  threads_.emplace_back([this] { ExpireLoop(); });
}

Batcher::~Batcher() {
  std::vector<EntryPtr> answer;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    while (!queue_.empty()) {
      const EntryPtr entry = queue_.front();
      if (Abandon(entry, UnloadingError(options_.model))) answer.push_back(entry);
    }
    work_changed_.SignalAll();
    expiry_changed_.SignalAll();
  }
  AnswerAll(answer);
  for (std::thread& thread : threads_) thread.join();
}

absl::Status Batcher::Refusal(int64_t waiting, int64_t more, int64_t limit, absl::string_view unit,
                              absl::string_view setting, absl::string_view flag) const {
  const absl::Status error = absl::ResourceExhaustedError(absl::StrCat(
      "queue of model '", options_.model, "' is full: ", waiting, " ", unit, " wait, ", more,
      " more would pass the limit of ", limit, " ", unit, " (", setting, ", ", flag, ")"));
  if (more > limit) return WithoutRetry(error);
  // The part of the queue that must leave first.
  const double part = static_cast<double>(waiting + more - limit) / static_cast<double>(waiting);
  return WithRetryAfter(error, drain_rate_.TimeFor(static_cast<int64_t>(
                                   std::ceil(part * static_cast<double>(queued_rows_)))));
}

absl::Status Batcher::TakeRoom(const BatchItem& item) {
  const int64_t rows = item.rows();
  const int64_t bytes = static_cast<int64_t>(item.bytes());
  if (rows > options_.max_queue_rows - queued_rows_) {
    return Refusal(queued_rows_, rows, options_.max_queue_rows, "rows", "max_queue_rows",
                   "--max-queue-rows");
  }
  if (bytes > options_.max_queue_bytes - queued_bytes_) {
    return Refusal(queued_bytes_, bytes, options_.max_queue_bytes, "bytes", "max_queue_bytes",
                   "--max-queue-bytes");
  }
  if (options_.totals != nullptr) {
    QueueBudgets& totals = *options_.totals;
    if (absl::Status taken = totals.Take(rows, bytes); !taken.ok()) {
      if (rows > totals.rows.limit() || bytes > totals.bytes.limit()) return WithoutRetry(taken);
      return WithRetryAfter(taken, drain_rate_.TimeFor(rows));
    }
  }
  AddToQueueSize(rows, bytes);
  return absl::OkStatus();
}

absl::Status Batcher::Submit(std::shared_ptr<BatchItem> item, MonotonicTime deadline) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return UnloadingError(options_.model);
  const MonotonicTime now = clock_->Now();
  if (deadline <= now) {
    return absl::DeadlineExceededError("the deadline had passed when the request arrived");
  }
  if (absl::Status room = TakeRoom(*item); !room.ok()) return room;
  const int64_t rows = item->rows();
  costs_.Arrived(rows, now);
  queue_.push_back(std::make_shared<Entry>(
      Entry{.item = std::move(item), .arrival = now, .deadline = deadline, .waiting_rows = rows}));
  if (deadline < next_expiry_) {
    next_expiry_ = deadline;
    expiry_changed_.Signal();
  }
  work_changed_.Signal();
  return absl::OkStatus();
}

Nanoseconds Batcher::DrainTime(int64_t rows) {
  absl::MutexLock lock(&mutex_);
  return drain_rate_.TimeFor(rows);
}

void Batcher::Cancel(const BatchItem* item, const absl::Status& reason) {
  std::vector<EntryPtr> answer;
  {
    absl::MutexLock lock(&mutex_);
    const auto it = std::find_if(queue_.begin(), queue_.end(),
                                 [item](const EntryPtr& e) { return e->item.get() == item; });
    if (it == queue_.end()) return;
    const EntryPtr entry = *it;
    if (Abandon(entry, reason)) answer.push_back(entry);
  }
  AnswerAll(answer);
}

bool Batcher::Abandon(EntryPtr entry, const absl::Status& reason) {
  if (entry->status.ok()) entry->status = reason;
  LeaveQueue(entry->waiting_rows, static_cast<int64_t>(entry->item->bytes()));
  entry->waiting_rows = 0;
  entry->times.queue = clock_->Now() - entry->arrival;
  queue_.remove(entry);
  if (queue_.empty()) drain_rate_.Emptied();
  return entry->running_rows == 0;
}

void Batcher::AddToQueueSize(int64_t rows, int64_t bytes) {
  queued_rows_ += rows;
  queued_bytes_ += bytes;
  observer_->QueueRows(queued_rows_);
}

void Batcher::LeaveQueue(int64_t rows, int64_t bytes) {
  AddToQueueSize(-rows, -bytes);
  if (options_.totals == nullptr) return;
  options_.totals->rows.GiveBack(rows);
  options_.totals->bytes.GiveBack(bytes);
}

void Batcher::ExpireLoop() {
  std::vector<EntryPtr> answer;
  while (WaitForExpired(answer)) {
    AnswerAll(answer);
    answer.clear();
  }
}

bool Batcher::WaitForExpired(std::vector<EntryPtr>& answer) {
  absl::MutexLock lock(&mutex_);
  while (!stopping_ && clock_->Now() < next_expiry_) {
    clock_->WaitUntil(&expiry_changed_, &mutex_, next_expiry_);
  }
  if (stopping_) return false;
  const MonotonicTime now = clock_->Now();
  next_expiry_ = kNever;
  std::vector<EntryPtr> expired;
  for (const EntryPtr& entry : queue_) {
    if (entry->deadline <= now) {
      expired.push_back(entry);
    } else {
      next_expiry_ = std::min(next_expiry_, entry->deadline);
    }
  }
  for (const EntryPtr& entry : expired) {
    if (Abandon(entry, absl::DeadlineExceededError("the deadline passed in the queue"))) {
      answer.push_back(entry);
    }
  }
  return true;
}

void Batcher::WorkerLoop(Execution& execution) {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (!WaitForWork()) return;
    }
    std::vector<Piece> batch;
    StageTimes times;
    absl::Status status;
    if (options_.slots != nullptr) options_.slots->Acquire(share_);
    const Nanoseconds taken = RunNext(execution, batch, status, times);
    if (options_.slots != nullptr) options_.slots->Release(share_, taken);
    if (batch.empty()) continue;
    if (status.ok()) observer_->Executed(TotalRows(batch), times);
    FinishBatch(batch, status, times);
  }
}

bool Batcher::WaitForWork() {
  while (!stopping_) {
    const BatchDecision decision = Decide();
    if (decision.run()) return true;
    clock_->WaitUntil(&work_changed_, &mutex_, decision.wake);
  }
  return false;
}

Nanoseconds Batcher::RunNext(Execution& execution, std::vector<Piece>& batch, absl::Status& status,
                             StageTimes& times) {
  // Only now: rows that came while this waited for its turn share the run, and what was cancelled
  // or expired is in no run.
  int others = 0;
  {
    absl::MutexLock lock(&mutex_);
    batch = TakeBatch();
    if (batch.empty()) return Nanoseconds(0);
    others = running_++;
  }
  Execution* const own = batch.front().entry->item->own_execution();
  status = RunBatch(own == nullptr ? execution : *own, batch, times);
  const Nanoseconds took = times.batch + times.compute + times.respond;
  absl::MutexLock lock(&mutex_);
  --running_;
  if (status.ok()) costs_.Ran(TotalRows(batch), others, took, clock_->Now());
  return took;
}

BatchDecision Batcher::Decide() {
  // Each entry has a row at least, so no run reaches past the first max_rows entries.
  std::vector<WaitingRows> waiting;
  for (const EntryPtr& entry : queue_) {
    if (static_cast<int64_t>(waiting.size()) == options_.limits.max_rows) break;
    waiting.push_back({entry->waiting_rows, entry->arrival, entry->deadline});
  }
  return DecideBatch(waiting, clock_->Now(), options_.limits, costs_, running_);
}

std::vector<Batcher::Piece> Batcher::TakeBatch() {
  if (stopping_) return {};
  const BatchDecision decision = Decide();
  return decision.run() ? TakePieces(decision) : std::vector<Piece>{};
}

std::vector<Batcher::Piece> Batcher::TakePieces(const BatchDecision& decision) {
  std::vector<Piece> batch;
  const MonotonicTime now = clock_->Now();
  for (const int64_t rows : decision.take) {
    const EntryPtr entry = queue_.front();
    batch.push_back({entry, entry->item->rows() - entry->waiting_rows, rows});
    entry->times.queue = now - entry->arrival;
    entry->waiting_rows -= rows;
    entry->running_rows += rows;
    const bool whole = entry->waiting_rows == 0;
    LeaveQueue(rows, whole ? static_cast<int64_t>(entry->item->bytes()) : 0);
    if (!whole) break;  // only the last one taken can have rows left
    queue_.pop_front();
  }
  if (!batch.empty()) drain_rate_.Left(TotalRows(batch), !queue_.empty(), now);
  // What is left may be work for another worker, whose signal this one has used up.
  if (!queue_.empty()) work_changed_.Signal();
  return batch;
}

absl::Status Batcher::RunBatch(Execution& execution, const std::vector<Piece>& batch,
                               StageTimes& times) {
  const int64_t rows = TotalRows(batch);
  const MonotonicTime start = clock_->Now();
  absl::Status status = execution.SetRows(rows);
  if (status.ok()) status = WriteInputs(execution, batch, rows);
  const MonotonicTime written = clock_->Now();
  times.batch = written - start;
  if (!status.ok()) return status;
  status = execution.Run();
  const MonotonicTime computed = clock_->Now();
  times.compute = computed - written;
  if (status.ok()) status = ReadOutputs(execution, batch, rows);
  times.respond = clock_->Now() - computed;
  return status;
}

absl::Status Batcher::WriteInputs(Execution& execution, const std::vector<Piece>& batch,
                                  int64_t rows) {
  for (int i = 0; i < row_bytes_.inputs.size(); ++i) {
    const size_t row_bytes = row_bytes_.inputs[i];
    const absl::Span<std::byte> all = execution.input(i);
    if (all.size() != rows * row_bytes) return WrongSize("input", i, all.size(), rows, row_bytes);
    size_t offset = 0;
    for (const Piece& piece : batch) {
      const size_t bytes = piece.rows * row_bytes;
      piece.entry->item->WriteInput(i, piece.first_row, all.subspan(offset, bytes));
      offset += bytes;
    }
  }
  return absl::OkStatus();
}

absl::Status Batcher::ReadOutputs(const Execution& execution, const std::vector<Piece>& batch,
                                  int64_t rows) {
  for (int i = 0; i < row_bytes_.outputs.size(); ++i) {
    const size_t row_bytes = row_bytes_.outputs[i];
    const absl::Span<const std::byte> all = execution.output(i);
    if (row_bytes == RowBytes::kVaries) {
      const absl::Status taken =
          batch.front().entry->item->TakeOutput(i, execution.output_shape(i), all);
      if (!taken.ok()) return taken;
      continue;
    }
    // Rows are handed to their owners by position: never guess where one begins.
    if (all.size() != rows * row_bytes) return WrongSize("output", i, all.size(), rows, row_bytes);
    size_t offset = 0;
    for (const Piece& piece : batch) {
      const size_t bytes = piece.rows * row_bytes;
      piece.entry->item->ReadOutput(i, piece.first_row, all.subspan(offset, bytes));
      offset += bytes;
    }
  }
  return absl::OkStatus();
}

void Batcher::FinishBatch(const std::vector<Piece>& batch, const absl::Status& status,
                          const StageTimes& times) {
  std::vector<EntryPtr> finished;
  {
    absl::MutexLock lock(&mutex_);
    for (const Piece& piece : batch) {
      Entry& entry = *piece.entry;
      entry.running_rows -= piece.rows;
      entry.times.batch += times.batch;
      entry.times.compute += times.compute;
      entry.times.respond += times.respond;
      if (!status.ok() && entry.status.ok()) entry.status = status;
      if (!status.ok() && entry.waiting_rows > 0) Abandon(piece.entry, status);
      if (entry.running_rows == 0 && entry.waiting_rows == 0) finished.push_back(piece.entry);
    }
  }
  AnswerAll(finished);
}

int64_t Batcher::TotalRows(const std::vector<Piece>& batch) {
  int64_t rows = 0;
  for (const Piece& piece : batch) rows += piece.rows;
  return rows;
}

void Batcher::AnswerAll(const std::vector<EntryPtr>& entries) {
  for (const EntryPtr& entry : entries) entry->item->Done(entry->status, entry->times);
}

}  // namespace octet::server
