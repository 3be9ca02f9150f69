#include "server/services/quantization_service.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/services/status.h"

namespace octet::server {
namespace {

using octet::v1::QuantizeRequest;
using octet::v1::QuantizeResponse;

// Below the message size that clients take by default.
constexpr size_t kChunkBytes = 1 << 20;
// Sending, waiting or being worked on.
constexpr int kMaxCalls = 4;

// Reads source and samples, then works on a job thread, writing progress; then writes the result.
class QuantizeCall final : public grpc::ServerBidiReactor<QuantizeRequest, QuantizeResponse> {
 public:
  QuantizeCall(const QuantizeEnvironment& environment, JobQueue* jobs, QuantizeAdmission* admission,
               Activity* activity, int64_t max_upload_bytes)
      : environment_(environment),
        jobs_(jobs),
        activity_(activity),
        max_upload_bytes_(max_upload_bytes),
        share_(admission),
        samples_(max_upload_bytes) {
    activity_->Begin();
    if (absl::Status entered = share_.Enter(); !entered.ok()) {
      SetOutcome(entered);
    } else {
      StartRead(&request_);
    }
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      if (absl::Status status = TakeRequest(); !status.ok()) {
        SetOutcome(status);
        return;
      }
      StartRead(&request_);
      return;
    }
    if (!started_) {
      SetOutcome(absl::InvalidArgumentError("no `start` message was sent"));
      return;
    }
    octet::v1::QuantizeProgress waiting;
    waiting.set_stage("wait");
    ShowProgress(waiting);
    const absl::Status submitted = jobs_->Submit([this] {
      SetOutcome(RunQuantize({std::move(start_), std::move(source_), samples_}, environment_,
                             [this](const auto& progress) { return ShowProgress(progress); }));
    });
    if (!submitted.ok()) SetOutcome(submitted);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
    WriteNext();
  }

  void OnCancel() override { cancelled_ = true; }

  void OnDone() override {
    // The job that has just called Finish may still be about to let go of the lock.
    { absl::MutexLock lock(&mutex_); }
    activity_->End();
    delete this;
  }

 private:
  absl::Status TakeRequest() {
    if (request_.has_start()) {
      if (started_) return absl::InvalidArgumentError("`start` was sent twice");
      started_ = true;
      start_ = std::move(*request_.mutable_start());
      return_model_ = start_.return_model();
      return MakeRoom(start_.source_bytes());
    }
    if (!request_.has_chunk() && !request_.has_sample()) {
      return absl::InvalidArgumentError("none of `start`, `chunk` and `sample` is set");
    }
    if (!started_) return absl::InvalidArgumentError("the first message must be `start`");
    const size_t bytes =
        request_.has_chunk() ? request_.chunk().size() : request_.sample().data().size();
    if (absl::Status reserved = share_.Reserve(static_cast<int64_t>(bytes)); !reserved.ok()) {
      return reserved;
    }
    return request_.has_chunk() ? TakeChunk() : samples_.Add(request_.sample());
  }

  absl::Status TakeChunk() {
    if (start_.has_source()) {
      return absl::InvalidArgumentError("a chunk was sent although start.source names a model");
    }
    if (absl::Status fits = CheckFits(source_.size() + request_.chunk().size()); !fits.ok()) {
      return fits;
    }
    source_ += request_.chunk();
    return absl::OkStatus();
  }

  // A string that grows with its chunks is copied again and again, and twice there meanwhile.
  absl::Status MakeRoom(int64_t bytes) {
    if (bytes <= 0) return absl::OkStatus();
    absl::Status fits = CheckFits(bytes);
    if (fits.ok()) source_.reserve(bytes);
    return fits;
  }

  absl::Status CheckFits(int64_t bytes) const {
    if (bytes <= max_upload_bytes_) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        absl::StrCat("the source has more than ", max_upload_bytes_, " bytes (max_message_bytes)"));
  }

  bool ShowProgress(const octet::v1::QuantizeProgress& progress) {
    absl::MutexLock lock(&mutex_);
    progress_ = progress;  // replaces what a slow client has not taken yet
    WriteNext();
    return !cancelled_;
  }

  void SetOutcome(absl::StatusOr<QuantizeResult> outcome) {
    absl::MutexLock lock(&mutex_);
    outcome_ = std::move(outcome);
    WriteNext();
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (outcome_.has_value() && (cancelled_ || !outcome_->ok())) {
      FinishWith(outcome_->ok() ? absl::CancelledError("the client has gone") : outcome_->status());
      return;
    }
    if (cancelled_) return;  // the job will end soon
    if (progress_.has_value()) {
      *response_.mutable_progress() = *std::exchange(progress_, std::nullopt);
    } else if (!outcome_.has_value()) {
      return;
    } else if (!reported_) {
      reported_ = true;
      *response_.mutable_report() = (*outcome_)->report;
    } else if (return_model_ && sent_ < (*outcome_)->bytes.size()) {
      response_.set_chunk((*outcome_)->bytes.substr(sent_, kChunkBytes));
      sent_ += response_.chunk().size();
    } else {
      FinishWith(absl::OkStatus());
      return;
    }
    writing_ = true;
    StartWrite(&response_);
  }

  void FinishWith(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    finished_ = true;
    Finish(ToGrpcStatus(status));
  }

  const QuantizeEnvironment& environment_;
  JobQueue* const jobs_;
  Activity* const activity_;
  const int64_t max_upload_bytes_;
  QuantizeAdmission::Share share_;

  // Used by one reading at a time, then by the job.
  QuantizeRequest request_;
  octet::v1::QuantizeStart start_;
  bool started_ = false;
  bool return_model_ = false;
  std::string source_;
  SampleCollector samples_;

  std::atomic<bool> cancelled_{false};
  absl::Mutex mutex_;
  std::optional<octet::v1::QuantizeProgress> progress_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::StatusOr<QuantizeResult>> outcome_ ABSL_GUARDED_BY(mutex_);
  QuantizeResponse response_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool reported_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  size_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

QuantizationService::QuantizationService(QuantizeEnvironment environment, Activity* activity,
                                         int64_t max_upload_bytes)
    : environment_(std::move(environment)),
      activity_(activity),
      max_upload_bytes_(max_upload_bytes),
      admission_(kMaxCalls, 2 * max_upload_bytes),
      jobs_(/*threads=*/1, kMaxCalls) {}

grpc::ServerBidiReactor<QuantizeRequest, QuantizeResponse>* QuantizationService::Quantize(
    grpc::CallbackServerContext* /*context*/) {
  return new QuantizeCall(environment_, &jobs_, &admission_, activity_, max_upload_bytes_);
}

}  // namespace octet::server
