// What a stateful model remembers between the requests of one stream.
#ifndef OCTET_SERVER_MODELS_STREAM_STATE_H_
#define OCTET_SERVER_MODELS_STREAM_STATE_H_

#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/batching/execution.h"
#include "server/models/served_model.h"

namespace octet::server {

// One stream's memory of every stateful model that it calls: an execution of its own, which starts
// with the model's initial state and is shared with nobody. A model that was loaded anew starts
// anew. Thread-safe.
class StreamState {
 public:
  // Of a model for which `description().stateful` holds. ResourceExhausted where so many streams
  // have a state of this model already, or memory is short.
  absl::StatusOr<std::shared_ptr<Execution>> Of(const ModelHandle& model);

 private:
  // Weak: a stream does not keep a model that the repository has let go of.
  using Executions =
      std::map<std::weak_ptr<ServedModel>, std::shared_ptr<Execution>, std::owner_less<>>;

  absl::Mutex mutex_;
  Executions executions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_STREAM_STATE_H_
