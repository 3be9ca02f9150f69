#include "server/batching/budget.h"

#include "absl/strings/str_cat.h"

namespace octet::server {

absl::Status Budget::Take(int64_t amount) {
  int64_t used = used_;
  do {
    if (amount > limit_ - used) {
      return absl::ResourceExhaustedError(absl::StrCat(used, " ", use_, ", ", amount,
                                                       " more would pass the limit of ", limit_,
                                                       " (", flag_, ")"));
    }
  } while (!used_.compare_exchange_weak(used, used + amount));
  return absl::OkStatus();
}

absl::StatusOr<Budget::Charge> Budget::TakeCharge(int64_t amount) {
  if (absl::Status taken = Take(amount); !taken.ok()) return taken;
  return Charge(this, amount);
}

absl::Status QueueBudgets::Take(int64_t row_count, int64_t byte_count) {
  if (absl::Status taken = rows.Take(row_count); !taken.ok()) return taken;
  absl::Status taken = bytes.Take(byte_count);
  if (!taken.ok()) rows.GiveBack(row_count);
  return taken;
}

}  // namespace octet::server
