#include "server/batching/batch_costs.h"

namespace octet::server {
namespace {

constexpr double kWeight = 0.125;

double Mix(double mean, double latest) { return mean + kWeight * (latest - mean); }

}  // namespace

void BatchCosts::Ran(int64_t rows, int others, Nanoseconds took, MonotonicTime now) {
  if (took <= Nanoseconds(0)) return;
  const auto [it, first] = runs_.try_emplace({rows, others});
  if (first) return;
  const double ns = static_cast<double>(took.count());
  const bool known = OfRun(rows, others, now).has_value();
  it->second = Mean{known ? Mix(it->second->ns, ns) : ns, now};
}

void BatchCosts::Arrived(int64_t rows, MonotonicTime now) {
  if (last_arrival_.has_value() && now - *last_arrival_ <= kMemory) {
    const double ns =
        static_cast<double>((now - *last_arrival_).count()) / static_cast<double>(rows);
    interval_ns_ = interval_ns_.has_value() ? Mix(*interval_ns_, ns) : ns;
  } else {
    interval_ns_.reset();
  }
  last_arrival_ = now;
}

std::optional<Nanoseconds> BatchCosts::OfRun(int64_t rows, int others, MonotonicTime now) const {
  const auto it = runs_.find({rows, others});
  if (it == runs_.end() || !it->second.has_value()) return std::nullopt;
  if (now - it->second->last > kMemory) return std::nullopt;
  return Nanoseconds(static_cast<int64_t>(it->second->ns));
}

std::optional<Nanoseconds> BatchCosts::RowInterval() const {
  if (!interval_ns_.has_value()) return std::nullopt;
  return Nanoseconds(static_cast<int64_t>(*interval_ns_));
}

}  // namespace octet::server
