// octet.v1.QuantizationService.
#ifndef OCTET_SERVER_SERVICES_QUANTIZATION_SERVICE_H_
#define OCTET_SERVER_SERVICES_QUANTIZATION_SERVICE_H_

#include <cstdint>

#include "octet/v1/octet.grpc.pb.h"
#include "server/base/job_queue.h"
#include "server/metrics/request_scope.h"
#include "server/services/quantize_admission.h"
#include "server/services/quantize_job.h"

namespace octet::server {

class QuantizationService final : public octet::v1::QuantizationService::CallbackService {
 public:
  // The repository, the clock and `activity` outlive the service. A source may have
  // `max_upload_bytes`, and so may a call's samples.
  QuantizationService(QuantizeEnvironment environment, Activity* activity,
                      int64_t max_upload_bytes);

  grpc::ServerBidiReactor<octet::v1::QuantizeRequest, octet::v1::QuantizeResponse>* Quantize(
      grpc::CallbackServerContext* context) override;

 private:
  const QuantizeEnvironment environment_;
  Activity* const activity_;
  const int64_t max_upload_bytes_;
  QuantizeAdmission admission_;
  JobQueue jobs_;  // last member, so that it ends first
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZATION_SERVICE_H_
