#include "tests/bench/load_summary.h"

#include <algorithm>

#include "engine/evaluate/metrics.h"

namespace octet {
namespace {

void AddTimes(std::vector<double> times, nlohmann::ordered_json& to) {
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  to["p50_ms"] = Percentile(times, 0.5);
  to["p90_ms"] = Percentile(times, 0.9);
  to["p99_ms"] = Percentile(times, 0.99);
  to["max_ms"] = times.back();
}

}  // namespace

void LoadSummary::Add(const grpc::Status& status, double milliseconds) {
  if (status.ok()) {
    answered_ms_.push_back(milliseconds);
  } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    refused_ms_.push_back(milliseconds);
  } else {
    ++errors_[status.error_message()];
  }
}

void LoadSummary::Merge(const LoadSummary& other) {
  answered_ms_.insert(answered_ms_.end(), other.answered_ms_.begin(), other.answered_ms_.end());
  refused_ms_.insert(refused_ms_.end(), other.refused_ms_.begin(), other.refused_ms_.end());
  for (const auto& [message, count] : other.errors_) errors_[message] += count;
  answers_ += other.answers_;
  not_sent_ += other.not_sent_;
}

nlohmann::ordered_json LoadSummary::ToJson(double seconds) const {
  int64_t due = not_sent_ + static_cast<int64_t>(answered_ms_.size() + refused_ms_.size());
  for (const auto& [message, count] : errors_) due += count;
  nlohmann::ordered_json json = {{"due", due},
                                 {"answered", answered_ms_.size()},
                                 {"per_second", static_cast<double>(answers_) / seconds}};
  AddTimes(answered_ms_, json);
  nlohmann::ordered_json refused = {{"count", refused_ms_.size()}};
  AddTimes(refused_ms_, refused);
  json["refused"] = std::move(refused);
  json["not_sent"] = not_sent_;
  json["errors"] = errors_;
  return json;
}

}  // namespace octet
