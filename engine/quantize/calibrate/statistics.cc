#include "engine/quantize/calibrate/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet {
namespace {

// What is cut off at both ends together holds `share` of the values.
ValueRange Percentile(const ValueHistogram& histogram, double share) {
  const std::vector<int64_t> counts = histogram.CountsWithZeros();
  int64_t total = 0;
  for (const int64_t count : counts) total += count;
  const double cut = share / 2 * static_cast<double>(total);
  // The value below which `cut` of the counts lie, inside its bin as if they were spread evenly.
  const auto edge = [&counts, cut](auto bin_at) {
    double before = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      const auto count = static_cast<double>(counts[bin_at(i)]);
      if (before + count > cut) return static_cast<double>(i) + (cut - before) / count;
      before += count;
    }
    return static_cast<double>(counts.size());
  };
  const double low = edge([](size_t i) { return i; });
  const double high = edge([&counts](size_t i) { return counts.size() - 1 - i; });
  const double width = histogram.BinWidth();
  return {static_cast<float>(histogram.range().min + low * width),
          static_cast<float>(histogram.range().max - high * width)};
}

// Mean squared error of codes over [low, high] in `steps` steps, times the number of values. What
// is outside goes to the nearer end. Inside, values go to the nearest step, of which 0 is one;
// where a bin holds several steps, they spread evenly between them.
double CodeError(const ValueHistogram& histogram, double low, double high, int steps) {
  const double step = (high - low) / steps;
  const bool fine_bins = histogram.BinWidth() < step;
  double error = 0;
  for (size_t i = 0; i < histogram.counts().size(); ++i) {
    const int64_t count = histogram.counts()[i];
    if (count == 0) continue;
    const double value = histogram.BinCenter(i);
    double square = step * step / 12;
    if (value < low || value > high) {
      square = std::pow(value < low ? low - value : value - high, 2);
    } else if (fine_bins) {
      square = std::pow(value - std::round(value / step) * step, 2);
    }
    error += static_cast<double>(count) * square;
  }
  return error;
}

// Both ends drawn in together, then each alone.
ValueRange LeastError(const ValueHistogram& histogram, int steps) {
  constexpr int kTries = 100;
  constexpr double kSmallestShare = 0.1;
  const double low = std::min<double>(histogram.range().min, 0);
  const double high = std::max<double>(histogram.range().max, 0);
  double best_low = 1;
  double best_high = 1;
  double least = CodeError(histogram, low, high, steps);
  const auto attempt = [&](double low_share, double high_share) {
    const double error = CodeError(histogram, low * low_share, high * high_share, steps);
    if (error >= least) return;
    least = error;
    best_low = low_share;
    best_high = high_share;
  };
  const auto share = [](int i) { return 1 - (1 - kSmallestShare) * i / kTries; };
  for (int i = 1; i <= kTries; ++i) attempt(share(i), share(i));
  for (int i = 0; i <= kTries; ++i) attempt(best_low, share(i));
  for (int i = 0; i <= kTries; ++i) attempt(share(i), best_high);
  return {static_cast<float>(low * best_low), static_cast<float>(high * best_high)};
}

}  // namespace

double ValueHistogram::BinWidth() const {
  return (static_cast<double>(range_.max) - range_.min) / static_cast<double>(counts_.size());
}

double ValueHistogram::BinCenter(size_t bin) const {
  return range_.min + (static_cast<double>(bin) + 0.5) * BinWidth();
}

size_t ValueHistogram::BinOf(double value) const {
  const double width = BinWidth();
  if (!(width > 0)) return 0;
  const double bin = std::floor((value - range_.min) / width);
  return static_cast<size_t>(std::clamp(bin, 0.0, static_cast<double>(counts_.size() - 1)));
}

void ValueHistogram::Add(absl::Span<const float> values) {
  for (const float value : values) {
    if (value == 0) {
      ++zeros_;
    } else {
      ++counts_[BinOf(value)];
    }
  }
}

std::vector<int64_t> ValueHistogram::CountsWithZeros() const {
  std::vector<int64_t> counts = counts_;
  if (!counts.empty()) counts[BinOf(0)] += zeros_;
  return counts;
}

void AddSample(const ValueRange& sample, int64_t index, double averaging_constant,
               TensorStatistics& statistics) {
  if (!statistics.seen) {
    statistics = {.seen = true,
                  .range = sample,
                  .min_sample = index,
                  .max_sample = index,
                  .average = sample,
                  .histogram = {}};
    return;
  }
  if (sample.min < statistics.range.min) {
    statistics.range.min = sample.min;
    statistics.min_sample = index;
  }
  if (sample.max > statistics.range.max) {
    statistics.range.max = sample.max;
    statistics.max_sample = index;
  }
  // The plain mean, until so many samples are in it that a new one weighs the constant.
  const double weight = std::max(averaging_constant, 1 / static_cast<double>(index + 1));
  const auto move = [weight](float& average, float value) {
    average = static_cast<float>(average + weight * (static_cast<double>(value) - average));
  };
  move(statistics.average.min, sample.min);
  move(statistics.average.max, sample.max);
}

bool NeedsHistogram(CalibrationMethod method) {
  return method == CalibrationMethod::kPercentile || method == CalibrationMethod::kMse;
}

ValueRange ChooseRange(const TensorStatistics& statistics, const CalibrationOptions& options,
                       int steps) {
  switch (options.method) {
    case CalibrationMethod::kMovingAverage:
      return statistics.average;
    case CalibrationMethod::kPercentile:
      return statistics.histogram.counts().empty()
                 ? statistics.range
                 : Percentile(statistics.histogram, 1 - options.percentile / 100);
    case CalibrationMethod::kMse:
      return statistics.histogram.counts().empty() ? statistics.range
                                                   : LeastError(statistics.histogram, steps);
    case CalibrationMethod::kMinMax:
      break;
  }
  return statistics.range;
}

}  // namespace octet
