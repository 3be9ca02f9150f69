// One inference on its way from a message to its answer.
#ifndef OCTET_SERVER_SERVICES_INFER_CALL_H_
#define OCTET_SERVER_SERVICES_INFER_CALL_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "inference/grpc_service.pb.h"
#include "server/base/clock.h"
#include "server/batching/batch_item.h"
#include "server/batching/budget.h"
#include "server/metrics/request_scope.h"
#include "server/models/repository.h"
#include "server/models/sequence_table.h"
#include "server/models/stream_state.h"
#include "server/services/infer_request.h"

namespace octet::server {

// What inference calls need; all of it outlives them.
struct InferEnvironment {
  ModelRepository* repository;
  Clock* clock;
  Activity* activity;
  const SharedMemory* memory;  // null where shared memory is not served
  Budget* inflight_bytes;      // of requests and answers
};

// Thread-safe.
class InferCall final : public BatchItem {
 public:
  // Finds the model, checks the request and queues it. `stream` is that of the request, which keeps
  // the state of stateful models; null for a request that starts afresh, unless it belongs to a
  // sequence. `done` is called exactly
  // once, perhaps before this returns; `request` and `response` must live until then.
  static std::shared_ptr<InferCall> Start(const InferEnvironment& environment,
                                          const inference::ModelInferRequest* request,
                                          inference::ModelInferResponse* response,
                                          MonotonicTime deadline, StreamState* stream,
                                          std::function<void(const absl::Status&)> done);

  InferCall(const InferEnvironment& environment, const inference::ModelInferRequest* request,
            inference::ModelInferResponse* response, StreamState* stream,
            std::function<void(const absl::Status&)> done);

  // Its client has gone, or its deadline has passed: leaves the queue, if it is still there.
  void Cancel();

  // The memory of the request and its answer, counted until this ends; otherwise until the call
  // ends. To be called once, after Start.
  std::vector<Budget::Charge> TakeCharges() { return std::move(charges_); }

  int64_t rows() const override { return parsed_.rows; }
  size_t bytes() const override { return parsed_.bytes; }
  Execution* own_execution() override { return own_execution_.get(); }
  void WriteInput(int input, int64_t first_row, absl::Span<std::byte> out) override;
  void ReadOutput(int output, int64_t first_row, absl::Span<const std::byte> rows) override;
  absl::Status TakeOutput(int output, const Shape& shape,
                          absl::Span<const std::byte> bytes) override;
  void Done(const absl::Status& run, const StageTimes& times) override;

 private:
  // Everything up to the queue, and the deadline that holds.
  absl::StatusOr<MonotonicTime> Prepare(MonotonicTime deadline);
  // Counts bytes of this call, unless that would pass the limit.
  absl::Status Charge(int64_t bytes);
  // What a stateful model remembers of this request's sequence or stream, if it belongs to any.
  absl::Status TakeState();
  // Copies the first row, as a sample to keep once the request has been answered.
  void Capture();

  const InferEnvironment environment_;
  const inference::ModelInferRequest* const request_;
  inference::ModelInferResponse* const response_;
  const std::function<void(const absl::Status&)> done_;
  StreamState* const stream_;
  RequestScope scope_;
  ModelHandle model_;
  std::vector<Budget::Charge> charges_;
  int64_t charged_bytes_ = 0;
  InferRequest parsed_;
  std::shared_ptr<Execution> own_execution_;
  std::optional<SequenceStep> sequence_;
  std::optional<CapturedSample> sample_;
  MonotonicTime deadline_ = kNever;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_INFER_CALL_H_
