#include "engine/base/memory_budget.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace octet {

absl::Status MemoryBudget::Take(size_t bytes) {
  if (bytes > limit_ - used_) {
    return absl::ResourceExhaustedError(absl::StrCat(bytes, " bytes on top of ", used_,
                                                     " would pass the memory limit of ", limit_,
                                                     " bytes for one execution context"));
  }
  used_ += bytes;
  return absl::OkStatus();
}

BudgetedBuffer::~BudgetedBuffer() { budget_->Return(buffer_.size()); }

BudgetedBuffer::BudgetedBuffer(BudgetedBuffer&& other) noexcept
    : budget_(other.budget_), buffer_(std::exchange(other.buffer_, AlignedBuffer())) {}

BudgetedBuffer& BudgetedBuffer::operator=(BudgetedBuffer&& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

absl::Status BudgetedBuffer::Reserve(size_t bytes) {
  if (bytes <= buffer_.size()) return absl::OkStatus();
  const size_t more = bytes - buffer_.size();
  OCTET_RETURN_IF_ERROR(budget_->Take(more));
  AlignedBuffer buffer(bytes);
  if (!buffer.ok()) {
    budget_->Return(more);
    return absl::ResourceExhaustedError(absl::StrCat("no memory for ", bytes, " bytes"));
  }
  buffer_ = std::move(buffer);
  return absl::OkStatus();
}

}  // namespace octet
