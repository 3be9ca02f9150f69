// What batching needs of an engine: memory in which one run of a model happens.
#ifndef OCTET_SERVER_BATCHING_EXECUTION_H_
#define OCTET_SERVER_BATCHING_EXECUTION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "octet/tensor.h"

namespace octet::server {

// Bytes of one row of each input and output; kVaries for an output whose shape each run finds anew.
struct RowBytes {
  static constexpr size_t kVaries = SIZE_MAX;

  std::vector<size_t> inputs;
  std::vector<size_t> outputs;
};

// Used by one thread at a time.
class Execution {
 public:
  virtual ~Execution() = default;

  // Makes room for a number of rows; invalidates earlier spans.
  virtual absl::Status SetRows(int64_t rows) = 0;
  // All rows of an input, to be written, or output, to be read, one after the other.
  virtual absl::Span<std::byte> input(int i) = 0;
  virtual absl::Span<const std::byte> output(int i) const = 0;
  virtual Shape output_shape(int i) const = 0;
  virtual absl::Status Run() = 0;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_EXECUTION_H_
