#include "server/services/quantize_admission.h"

#include "absl/strings/str_cat.h"

namespace octet::server {

QuantizeAdmission::Share::~Share() {
  if (!entered_) return;
  absl::MutexLock lock(&admission_->mutex_);
  --admission_->calls_;
  admission_->bytes_ -= bytes_;
}

absl::Status QuantizeAdmission::Share::Enter() {
  absl::MutexLock lock(&admission_->mutex_);
  if (admission_->calls_ >= admission_->max_calls_) {
    return absl::ResourceExhaustedError(absl::StrCat(admission_->calls_,
                                                     " quantizations are under way, the limit is ",
                                                     admission_->max_calls_, "; try again later"));
  }
  ++admission_->calls_;
  entered_ = true;
  return absl::OkStatus();
}

absl::Status QuantizeAdmission::Share::Reserve(int64_t bytes) {
  absl::MutexLock lock(&admission_->mutex_);
  if (bytes > admission_->max_bytes_ - admission_->bytes_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("sources and samples of all quantizations under way have more than ",
                     admission_->max_bytes_, " bytes (twice max_message_bytes); try again later"));
  }
  admission_->bytes_ += bytes;
  bytes_ += bytes;
  return absl::OkStatus();
}

}  // namespace octet::server
