#include "server/models/sample_capture.h"

namespace octet::server {
namespace {

int64_t BytesOf(const CapturedSample& sample) {
  int64_t bytes = 0;
  for (const std::string& input : sample) bytes += static_cast<int64_t>(input.size());
  return bytes;
}

}  // namespace

void SampleCapture::Add(CapturedSample sample) {
  const int64_t bytes = BytesOf(sample);
  if (bytes > max_bytes_) return;
  auto kept = std::make_shared<const CapturedSample>(std::move(sample));
  absl::MutexLock lock(&mutex_);
  samples_.push_back(std::move(kept));
  bytes_ += bytes;
  while (bytes_ > max_bytes_ || static_cast<int64_t>(samples_.size()) > max_samples_) {
    bytes_ -= BytesOf(*samples_.front());
    samples_.pop_front();
  }
  observer_(static_cast<int64_t>(samples_.size()), bytes_);
}

std::vector<std::shared_ptr<const CapturedSample>> SampleCapture::Samples() const {
  absl::MutexLock lock(&mutex_);
  return {samples_.begin(), samples_.end()};
}

}  // namespace octet::server
