// An amount that many share up to a limit: rows, bytes.
#ifndef OCTET_SERVER_BATCHING_BUDGET_H_
#define OCTET_SERVER_BATCHING_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace octet::server {

// Never more than the limit is taken, not even for a moment. Thread-safe; must outlive its charges.
class Budget {
 public:
  // What is taken, until this ends. Empty by default.
  class Charge {
   public:
    Charge() = default;
    Charge(Charge&& other) noexcept { *this = std::move(other); }
    Charge& operator=(Charge&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(amount_, other.amount_);
      return *this;
    }
    ~Charge() {
      if (budget_ != nullptr) budget_->GiveBack(amount_);
    }

   private:
    friend class Budget;
    Charge(Budget* budget, int64_t amount) : budget_(budget), amount_(amount) {}
    Budget* budget_ = nullptr;
    int64_t amount_ = 0;
  };

  // `use` and `flag` are for messages: "7 <use>, 5 more would pass the limit of 9 (<flag>)".
  Budget(std::string use, std::string flag, int64_t limit)
      : use_(std::move(use)), flag_(std::move(flag)), limit_(limit) {}

  // Takes `amount` >= 0; ResourceExhausted, with nothing taken, where that would pass the limit.
  absl::Status Take(int64_t amount);
  // Gives back what was taken.
  void GiveBack(int64_t amount) { used_ -= amount; }
  absl::StatusOr<Charge> TakeCharge(int64_t amount);

  int64_t used() const { return used_; }
  int64_t limit() const { return limit_; }

 private:
  const std::string use_;
  const std::string flag_;
  const int64_t limit_;
  std::atomic<int64_t> used_{0};
};

// What waits in the queues of all models.
struct QueueBudgets {
  QueueBudgets(int64_t max_rows, int64_t max_bytes)
      : rows("rows wait in the queues of all models", "--max-total-queue-rows", max_rows),
        bytes("bytes wait in the queues of all models", "--max-total-queue-bytes", max_bytes) {}

  // Both or neither.
  absl::Status Take(int64_t row_count, int64_t byte_count);

  Budget rows;
  Budget bytes;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_BUDGET_H_
