// A mean that forgets.
#ifndef OCTET_SERVER_BATCHING_MOVING_MEAN_H_
#define OCTET_SERVER_BATCHING_MOVING_MEAN_H_

#include <optional>

namespace octet::server {

// The first value, then a mean in which an eighth is the latest.
class MovingMean {
 public:
  void Add(double value) {
    constexpr double kWeight = 0.125;
    mean_ = mean_.has_value() ? *mean_ + kWeight * (value - *mean_) : value;
  }
  void Clear() { mean_.reset(); }

  // None before the first value.
  const std::optional<double>& value() const { return mean_; }

 private:
  std::optional<double> mean_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BATCHING_MOVING_MEAN_H_
