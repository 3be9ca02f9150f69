// Figures of merit of outputs: pure functions.
#ifndef OCTET_ENGINE_EVALUATE_METRICS_H_
#define OCTET_ENGINE_EVALUATE_METRICS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace octet {

// Index of the largest score; the first of equals. Requires a score.
int64_t ArgMax(absl::Span<const float> scores);

// How many scores come before that of `label`: larger ones, and equal ones in front of it.
int64_t RankOf(absl::Span<const float> scores, int64_t label);

// Running comparison of outputs with those of a reference.
class ErrorSum {
 public:
  // Spans of equal length.
  void Add(absl::Span<const float> values, absl::Span<const float> reference);

  double mse() const;  // 0 before anything was added
  double max_abs_error() const { return max_; }
  // 10 log10(sum reference^2 / sum (value - reference)^2): infinite without error, and minus
  // infinite for an error against a reference of zeros.
  double sqnr_db() const;

 private:
  double signal_ = 0;
  double noise_ = 0;
  double max_ = 0;
  int64_t count_ = 0;
};

// The smallest sample that at least a share `p` of all samples do not exceed (nearest rank), for p
// in (0, 1]. `sorted` is ascending and not empty.
double Percentile(absl::Span<const double> sorted, double p);

}  // namespace octet

#endif  // OCTET_ENGINE_EVALUATE_METRICS_H_
