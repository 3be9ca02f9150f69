// A request, as batching sees it, and what is measured of it.
#ifndef OCTET_SERVER_BATCHING_BATCH_ITEM_H_
#define OCTET_SERVER_BATCHING_BATCH_ITEM_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "octet/tensor.h"
#include "server/base/clock.h"
#include "server/batching/execution.h"

namespace octet::server {

// Where the time of a request or a run went.
struct StageTimes {
  Nanoseconds queue{0};    // from arrival until a worker took the (last) rows
  Nanoseconds batch{0};    // copying inputs together
  Nanoseconds compute{0};  // running the model
  Nanoseconds respond{0};  // copying outputs out
};

// Calls for different rows may come from different threads at the same time.
class BatchItem {
 public:
  virtual ~BatchItem() = default;

  // Constant: at least one row, and the bytes that it keeps while it waits.
  virtual int64_t rows() const = 0;
  virtual size_t bytes() const = 0;

  // Where it must run: memory with a state of its own, of a model that is not batched. Null:
  // anywhere.
  virtual Execution* own_execution() { return nullptr; }

  // Writes rows [first_row, first_row + n) of an input to `out`, which has room for exactly these.
  virtual void WriteInput(int input, int64_t first_row, absl::Span<std::byte> out) = 0;
  // Takes such rows of an output.
  virtual void ReadOutput(int output, int64_t first_row, absl::Span<const std::byte> rows) = 0;

  // Takes a whole output whose shape this run found: of the one row of a model that is not batched.
  virtual absl::Status TakeOutput(int output, const Shape& shape,
                                  absl::Span<const std::byte> bytes) = 0;

  // Called exactly once for an item that was accepted, without locks held, after all other calls.
  virtual void Done(const absl::Status& status, const StageTimes& times) = 0;
};

// Watches a batcher. Called from several threads; must not call the batcher.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;

  // The number of rows that wait, in the order of its changes.
  virtual void QueueRows(int64_t rows) = 0;
  // A run succeeded. `times.queue` is zero.
  virtual void Executed(int64_t rows, const StageTimes& times) = 0;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_BATCH_ITEM_H_
