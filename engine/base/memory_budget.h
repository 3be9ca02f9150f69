// What one execution context may hold in memory, and buffers that count against it.
#ifndef OCTET_ENGINE_BASE_MEMORY_BUDGET_H_
#define OCTET_ENGINE_BASE_MEMORY_BUDGET_H_

#include <cstddef>

#include "absl/status/status.h"
#include "engine/base/aligned_buffer.h"

namespace octet {

// A number of bytes to share out. Not thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit) : limit_(limit) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // ResourceExhausted where `bytes` more would pass the limit; nothing is taken then.
  absl::Status Take(size_t bytes);
  void Return(size_t bytes) { used_ -= bytes; }

  size_t used() const { return used_; }

 private:
  const size_t limit_;
  size_t used_ = 0;
};

// 64-byte aligned memory on a budget, which outlives it.
class BudgetedBuffer {
 public:
  explicit BudgetedBuffer(MemoryBudget& budget) : budget_(&budget) {}
  ~BudgetedBuffer();
  BudgetedBuffer(BudgetedBuffer&& other) noexcept;
  BudgetedBuffer& operator=(BudgetedBuffer&& other) noexcept;

  // Makes room for at least `bytes`; where that takes new memory, it is zero, and what was there
  // is lost. ResourceExhausted past the budget, or where memory can't be had; nothing changes then.
  absl::Status Reserve(size_t bytes);

  std::byte* data() { return buffer_.data(); }
  const std::byte* data() const { return buffer_.data(); }
  size_t size() const { return buffer_.size(); }

 private:
  MemoryBudget* budget_;
  AlignedBuffer buffer_;
};

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_MEMORY_BUDGET_H_
