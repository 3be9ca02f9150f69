#include "server/batching/retry_hint.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace octet::server {
namespace {

constexpr absl::string_view kPayload = "octet/retry-pushback-ms";
constexpr int64_t kLongestMs = 10'000;

absl::Status Attach(absl::Status error, int64_t ms) {
  error.SetPayload(kPayload, absl::Cord(absl::StrCat(ms)));
  return error;
}

}  // namespace

absl::Status WithRetryAfter(absl::Status error, Nanoseconds wait) {
  const int64_t ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return Attach(std::move(error), std::clamp<int64_t>(ms, 1, kLongestMs));
}

absl::Status WithoutRetry(absl::Status error) { return Attach(std::move(error), -1); }

std::optional<int64_t> RetryPushbackMs(const absl::Status& error) {
  const absl::optional<absl::Cord> payload = error.GetPayload(kPayload);
  int64_t ms;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &ms)) return std::nullopt;
  return ms;
}

void DrainRate::Left(int64_t rows, bool more, MonotonicTime now) {
  if (since_.has_value()) {
    row_ns_.Add(static_cast<double>((now - *since_).count()) / static_cast<double>(rows));
  }
  since_ = more ? std::optional<MonotonicTime>(now) : std::nullopt;
}

Nanoseconds DrainRate::TimeFor(int64_t rows) const {
  constexpr double kLongest = 3600e9;
  const double ns = row_ns_.value().value_or(0) * static_cast<double>(rows);
  return Nanoseconds(static_cast<int64_t>(std::min(ns, kLongest)));
}

}  // namespace octet::server
