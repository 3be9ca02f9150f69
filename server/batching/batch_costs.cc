#include "server/batching/batch_costs.h"

namespace octet::server {
void BatchCosts::Ran(int64_t rows, int others, Nanoseconds took, MonotonicTime now) {
  if (took <= Nanoseconds(0)) return;
  const auto [it, first] = runs_.try_emplace({rows, others});
  if (first) return;
  if (!OfRun(rows, others, now).has_value()) it->second.ns.Clear();
  it->second.ns.Add(static_cast<double>(took.count()));
  it->second.last = now;
}

void BatchCosts::Arrived(int64_t rows, MonotonicTime now) {
  if (last_arrival_.has_value() && now - *last_arrival_ <= kMemory) {
    interval_ns_.Add(static_cast<double>((now - *last_arrival_).count()) /
                     static_cast<double>(rows));
  } else {
    interval_ns_.Clear();
  }
  last_arrival_ = now;
}

std::optional<Nanoseconds> BatchCosts::OfRun(int64_t rows, int others, MonotonicTime now) const {
  const auto it = runs_.find({rows, others});
  if (it == runs_.end() || !it->second.ns.value().has_value()) return std::nullopt;
  if (now - it->second.last > kMemory) return std::nullopt;
  return Nanoseconds(static_cast<int64_t>(*it->second.ns.value()));
}

std::optional<Nanoseconds> BatchCosts::RowInterval() const {
  if (!interval_ns_.value().has_value()) return std::nullopt;
  return Nanoseconds(static_cast<int64_t>(*interval_ns_.value()));
}

}  // namespace octet::server
