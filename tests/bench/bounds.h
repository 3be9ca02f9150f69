// How fast a step could be at most: what its time is judged by.
#ifndef OCTET_TESTS_BENCH_BOUNDS_H_
#define OCTET_TESTS_BENCH_BOUNDS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/plan/graph.h"

namespace octet {

// What a machine does at most, on all threads together. Zero or empty where it is not known.
struct MachineLimits {
  // Reading again and again through so many bytes: a speed of the cache level that holds them.
  struct Reading {
    int64_t bytes = 0;
    double bytes_per_second = 0;
  };

  double int8_macs_per_second = 0;
  std::vector<Reading> readings;  // by bytes, ascending
};

// Work of one call of a step.
struct StepWork {
  int64_t int8_macs = 0;  // 0 for a step that multiplies other types, whose limit is another
  int64_t bytes = 0;      // of all inputs, weights among them, and outputs
};

// The larger, so the nearer, of two times that no call of a step can go below.
struct StepBound {
  enum class Kind { kUnknown, kCompute, kMemory };
  Kind kind = Kind::kUnknown;
  double us = 0;
};

// Memory is judged by the smallest reading that holds all of the step's bytes, else by the largest:
// generous to the machine where weights or inputs were pushed out since the last run.
StepBound BoundOf(const MachineLimits& limits, const StepWork& work);

// Whether the step's products are of 8-bit codes on both sides. `graph` is the step's. An input in
// float32 beside 8-bit weights counts: its rows are quantized first.
bool MultipliesInt8(const Graph& graph, const GraphStep& step);

// Bytes of the step's tensors with these shapes; 0 for control flow, whose steps count for
// themselves.
int64_t StepBytes(const Graph& graph, const GraphStep& step, absl::Span<const Shape> inputs,
                  absl::Span<const Shape> outputs);

}  // namespace octet

#endif  // OCTET_TESTS_BENCH_BOUNDS_H_
