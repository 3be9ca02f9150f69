#include "server/services/stream_infer.h"

#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/batching/retry_hint.h"
#include "server/services/status.h"

namespace octet::server {
namespace {

using inference::ModelInferRequest;
using inference::ModelStreamInferResponse;

// Requests of one call that are read and not yet written back.
constexpr size_t kMaxUnderWay = 256;

// Named in proto/inference/grpc_service.proto.
void SetError(const absl::Status& status, ModelStreamInferResponse& response) {
  response.set_error_message(ToGrpcStatus(status).error_message());
  const std::optional<int64_t> retry_ms = RetryPushbackMs(status);
  if (!retry_ms.has_value()) return;
  auto& parameters = *response.mutable_infer_response()->mutable_parameters();
  parameters["retry_after_ms"].set_int64_param(*retry_ms);
}

class StreamInfer final
    : public grpc::ServerBidiReactor<ModelInferRequest, ModelStreamInferResponse> {
 public:
  StreamInfer(const InferEnvironment& environment, grpc::CallbackServerContext* context)
      : environment_(environment),
        deadline_(FromWallClock(*environment.clock, context->deadline())) {
    absl::MutexLock lock(&mutex_);
    ReadNext();
  }

  void OnReadDone(bool ok) override {
    Exchange* started = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      if (!ok) {
        reading_ = false;
        reads_over_ = true;
        under_way_.pop_back();
        FinishIfOver();
        return;
      }
      started = under_way_.back().get();
    }
    std::shared_ptr<InferCall> call = InferCall::Start(
        environment_, &started->request, started->response.mutable_infer_response(), deadline_,
        &state_, [this, started](const absl::Status& status) { Answered(started, status); });
    Attach(started, std::move(call));
    // Only now the next one: requests are queued in the order in which they came.
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    ReadNext();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    broken_ |= !ok;
    under_way_.pop_front();
    Advance();
  }

  void OnCancel() override {
    std::vector<std::shared_ptr<InferCall>> calls;
    {
      absl::MutexLock lock(&mutex_);
      broken_ = true;
      for (const auto& exchange : under_way_) {
        if (exchange->call != nullptr) calls.push_back(exchange->call);
      }
    }
    for (const auto& call : calls) call->Cancel();
  }

  void OnDone() override {
    // A worker that has just called Finish may still be about to let go of the lock.
    { absl::MutexLock lock(&mutex_); }
    delete this;
  }

 private:
  struct Exchange {
    ModelInferRequest request;
    ModelStreamInferResponse response;
    std::vector<Budget::Charge> charges;  // of the call, until the answer is written
    std::shared_ptr<InferCall> call;      // while it is under way
    bool started = false;                 // InferCall::Start has returned
    bool answered = false;
  };

  // Called without the lock: with many calls at once, and inside InferCall::Start.
  void Answered(Exchange* exchange, const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (!status.ok()) SetError(status, exchange->response);
    exchange->answered = true;
    exchange->call.reset();
    if (exchange->started) Advance();
  }

  void Attach(Exchange* exchange, std::shared_ptr<InferCall> call) {
    bool cancel = false;
    {
      absl::MutexLock lock(&mutex_);
      exchange->started = true;
      exchange->charges = call->TakeCharges();
      if (exchange->answered) {
        Advance();
      } else {
        exchange->call = call;
        cancel = broken_;
      }
    }
    if (cancel) call->Cancel();
  }

  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    WriteNext();
    ReadNext();
    FinishIfOver();
  }

  void ReadNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (reading_ || reads_over_ || under_way_.size() >= kMaxUnderWay) return;
    reading_ = true;
    under_way_.push_back(std::make_unique<Exchange>());
    StartRead(&under_way_.back()->request);
  }

  // Answers go out in the order of their requests, each once it and all before it are ready.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_) return;
    const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !under_way_.empty() && under_way_.front()->answered && under_way_.front()->started;
    };
    while (broken_ && ready()) under_way_.pop_front();
    if (!ready()) return;
    writing_ = true;
    StartWrite(&under_way_.front()->response);
  }

  void FinishIfOver() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (reads_over_ && under_way_.empty() && !finished_) {
      finished_ = true;
      Finish(grpc::Status::OK);
    }
  }

  const InferEnvironment environment_;
  const MonotonicTime deadline_;
  StreamState state_;  // outlives the calls: they are answered before this ends
  absl::Mutex mutex_;
  // In the order of reading; the last one may be still being read.
  std::list<std::unique_ptr<Exchange>> under_way_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool reads_over_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;  // nobody reads the answers
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

grpc::ServerBidiReactor<ModelInferRequest, ModelStreamInferResponse>* NewStreamInfer(
    const InferEnvironment& environment, grpc::CallbackServerContext* context) {
  return new StreamInfer(environment, context);
}

}  // namespace octet::server
