// Where the time of a model's runs goes, step by step.
#ifndef OCTET_TESTS_BENCH_PROFILE_H_
#define OCTET_TESTS_BENCH_PROFILE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/runtime/step_observer.h"
#include "tests/bench/bounds.h"

namespace octet {

// Multiply-accumulates of one step with these shapes, padding counted as work; 0 for an operator
// that is not a sum of products.
int64_t StepMacs(BuiltinOp kind, absl::Span<const Shape> inputs, absl::Span<const Shape> outputs);

// The same of a step that may be several convolutions in one, whose inputs are the image, then
// weights and, where there is one, bias of each.
int64_t StepMacs(const GraphStep& step, absl::Span<const Shape> inputs,
                 absl::Span<const Shape> outputs);

// Sums up the time of every step. Allocates in the first run that it watches alone, unless shapes
// change. Not thread-safe.
class Profile final : public StepObserver {
 public:
  struct Entry {
    std::string name;
    int32_t op_index = 0;
    std::vector<Shape> inputs;  // of the last run, and so `outputs`, `macs` and `work`
    std::vector<Shape> outputs;
    int64_t macs = 0;
    StepWork work;
    int64_t calls = 0;
    // Without the steps that nest in it: over all calls, and of the fastest one.
    double total_us = 0;
    double fastest_us = 0;

    // What the calls would have taken had all been as fast as the fastest: what interruptions by
    // other programs leave alone.
    double best_us() const { return fastest_us * calls; }
  };

  explicit Profile(const Program& program);  // outlives this

  void StepBegins(const GraphStep& step) override;
  void StepEnds(const GraphStep& step, absl::Span<const Shape> inputs,
                absl::Span<const Shape> outputs) override;

  // Forgets times, keeps the entries' memory.
  void Clear();

  // Steps that ran, the slowest by best_us() first.
  std::vector<Entry> Sorted() const;

  // A table of Sorted(): microseconds a run at best and on average, and of the best the share of
  // the whole, GMAC/s, and the nearer bound with the share of it that was reached; MACs, bytes,
  // shapes. A step that leaves bytes untouched, as a lookup does, may show more than 100 %.
  std::string Table(int64_t runs, const MachineLimits& limits) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Open {
    Clock::time_point begin;
    double nested_us = 0;
  };

  std::map<const GraphStep*, const Graph*> graphs_;
  std::map<const GraphStep*, Entry> entries_;
  std::vector<Open> open_;
};

}  // namespace octet

#endif  // OCTET_TESTS_BENCH_PROFILE_H_
