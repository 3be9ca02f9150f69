#include "engine/evaluate/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace octet {

int64_t ArgMax(absl::Span<const float> scores) {
  return std::max_element(scores.begin(), scores.end()) - scores.begin();
}

int64_t RankOf(absl::Span<const float> scores, int64_t label) {
  int64_t before = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(scores.size()); ++i) {
    before += scores[i] > scores[label] || (scores[i] == scores[label] && i < label) ? 1 : 0;
  }
  return before;
}

void ErrorSum::Add(absl::Span<const float> values, absl::Span<const float> reference) {
  for (size_t i = 0; i < values.size(); ++i) {
    const double error = static_cast<double>(values[i]) - static_cast<double>(reference[i]);
    signal_ += static_cast<double>(reference[i]) * static_cast<double>(reference[i]);
    noise_ += error * error;
    max_ = std::max(max_, std::abs(error));
  }
  count_ += static_cast<int64_t>(values.size());
}

double ErrorSum::mse() const { return count_ == 0 ? 0 : noise_ / static_cast<double>(count_); }

double ErrorSum::sqnr_db() const {
  if (noise_ == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal_ / noise_);
}

double Percentile(absl::Span<const double> sorted, double p) {
  const auto rank = static_cast<size_t>(std::ceil(p * static_cast<double>(sorted.size())));
  return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
}

}  // namespace octet
