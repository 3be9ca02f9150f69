#include "server/models/stream_state.h"

#include <iterator>
#include <utility>

namespace octet::server {

absl::StatusOr<std::shared_ptr<Execution>> StreamState::Of(const ModelHandle& model) {
  absl::MutexLock lock(&mutex_);
  for (auto it = executions_.begin(); it != executions_.end();) {
    it = it->first.expired() ? executions_.erase(it) : std::next(it);
  }
  const auto found = executions_.find(model);
  if (found != executions_.end()) return found->second;
  absl::StatusOr<std::shared_ptr<Execution>> execution = model->NewStatefulExecution();
  if (!execution.ok()) return execution.status();
  executions_.emplace(model, *execution);
  return execution;
}

}  // namespace octet::server
