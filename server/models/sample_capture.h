// Inputs of live requests, kept as samples for a quantization.
#ifndef OCTET_SERVER_MODELS_SAMPLE_CAPTURE_H_
#define OCTET_SERVER_MODELS_SAMPLE_CAPTURE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace octet::server {

// Bytes of every input of a model, in its order: one row each.
using CapturedSample = std::vector<std::string>;

// Keeps the newest. Thread-safe.
class SampleCapture {
 public:
  // What is kept after a change; called under the lock, so that the last call tells the truth.
  using Observer = std::function<void(int64_t samples, int64_t bytes)>;

  SampleCapture(int64_t max_samples, int64_t max_bytes, Observer observer)
      : max_samples_(max_samples), max_bytes_(max_bytes), observer_(std::move(observer)) {}

  int64_t max_samples() const { return max_samples_; }

  // Older ones make room; a sample beyond `max_bytes` alone is dropped.
  void Add(CapturedSample sample);

  // Oldest first. What is given out lives on when newer ones take its place here.
  std::vector<std::shared_ptr<const CapturedSample>> Samples() const;

 private:
  const int64_t max_samples_;
  const int64_t max_bytes_;
  const Observer observer_;
  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<const CapturedSample>> samples_ ABSL_GUARDED_BY(mutex_);
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_SAMPLE_CAPTURE_H_
