#include "engine/ops/spatial/bands.h"

#include <algorithm>

#include "engine/base/checked_math.h"
#include "engine/ops/core/parallel.h"
#include "engine/ops/spatial/padded_lines.h"

namespace octet::ops {
namespace {

// What the busiest thread may do more than its share, in percent, before it is better to share out
// each operator: rows that two threads' windows touch are computed twice, and the number of rows
// may not divide. Two barriers less and a middle that stays with its thread are worth that much.
constexpr int64_t kMostExcess = 30;

// Rows of a band are numbered in 32 bits.
constexpr int64_t kMostRows = 1 << 30;

// Rows that a part computes for the windows or, where others do not compute them, with them.
int64_t Work(const BandProblem& problem, const Range& share) {
  if (problem.before_row_bytes == 0) return share.end - share.begin;
  const int64_t height = problem.rows.out;
  int64_t work = 0;
  for (int64_t row = share.begin; row < share.end;) {
    const auto begin = static_cast<int32_t>(row % height);
    const auto end = static_cast<int32_t>(std::min(height, begin + share.end - row));
    work += RowsTouched(problem.rows, begin, end).size();
    row += end - begin;
  }
  return work;
}

bool SharesEvenly(const BandProblem& problem) {
  const int64_t outputs = problem.images * problem.rows.out;
  const int64_t all = Work(problem, {0, outputs});
  int64_t most = 0;
  for (int64_t part = 0; part < problem.threads; ++part) {
    most = std::max(most, Work(problem, Share(outputs, 1, part, problem.threads)));
  }
  return most * problem.threads * 100 <= all * (100 + kMostExcess);
}

int64_t BytesBetween(const BandProblem& problem, int32_t outputs) {
  return MostRowsTouched(problem.rows, outputs) * problem.before_row_bytes +
         outputs * problem.after_row_bytes;
}

// The most output rows whose bytes are no more than these, at least one; all where they fit.
int32_t RowsWithin(const BandProblem& problem, int64_t bytes) {
  int32_t least = 1;
  for (int32_t most = problem.rows.out; least < most;) {
    const int32_t middle = most - (most - least) / 2;
    if (BytesBetween(problem, middle) <= bytes) {
      least = middle;
    } else {
      most = middle - 1;
    }
  }
  return least;
}

}  // namespace

RowRange RowsTouched(const WindowAxis& rows, int32_t begin, int32_t end) {
  const int64_t first_tap = rows.Begin(begin);
  const auto first = static_cast<int32_t>(std::clamp<int64_t>(first_tap, 0, rows.in));
  const int64_t behind = first_tap + Taps(rows, end - begin);
  return {first, static_cast<int32_t>(std::clamp<int64_t>(behind, first, rows.in))};
}

int32_t MostRowsTouched(const WindowAxis& rows, int32_t outputs) {
  return static_cast<int32_t>(std::min<int64_t>(Taps(rows, outputs), rows.in));
}

Bands ComputeBands(const BandProblem& problem) {
  Bands bands;
  const int64_t outputs = problem.images * problem.rows.out;
  if (outputs == 0) return bands;
  if (problem.threads > 1 && !SharesEvenly(problem)) {
    bands.together = true;
    bands.images = problem.images;
    return bands;
  }
  bands.parts = std::min<int64_t>(outputs, problem.threads);
  const int64_t share = CeilDiv(outputs, bands.parts);
  const auto share_rows = static_cast<int32_t>(std::min<int64_t>(share, problem.rows.out));
  bands.rows = share_rows;
  bands.images = std::min(share / problem.rows.out, kMostRows / std::max(problem.rows.in, 1));
  const auto cache = static_cast<int64_t>(problem.cache_bytes);
  const int64_t share_bytes =
      std::max<int64_t>(bands.images, 1) * BytesBetween(problem, share_rows);
  if (problem.before_row_bytes == 0 || share_bytes <= cache / 2) return bands;
  const int64_t image_bytes = BytesBetween(problem, problem.rows.out);
  bands.images = std::min(bands.images, cache / 4 / std::max<int64_t>(image_bytes, 1));
  if (bands.images == 0) {
    // Bands of about equal height.
    const int32_t most = RowsWithin(problem, cache / 4);
    bands.rows = static_cast<int32_t>(CeilDiv(share_rows, CeilDiv(share_rows, most)));
  }
  return bands;
}

}  // namespace octet::ops
