// octet.v1.QuantizationService.
#ifndef OCTET_SERVER_SERVICES_QUANTIZATION_SERVICE_H_
#define OCTET_SERVER_SERVICES_QUANTIZATION_SERVICE_H_

#include <cstdint>

#include "octet/v1/octet.grpc.pb.h"
#include "server/base/job_queue.h"
#include "server/metrics/request_scope.h"
#include "server/models/repository.h"

namespace octet::server {

class QuantizationService final : public octet::v1::QuantizationService::CallbackService {
 public:
  // All outlive the service. `jobs` runs the work; a source may have `max_source_bytes`.
  QuantizationService(ModelRepository* repository, JobQueue* jobs, Activity* activity,
                      int64_t max_source_bytes);

  grpc::ServerBidiReactor<octet::v1::QuantizeRequest, octet::v1::QuantizeResponse>* Quantize(
      grpc::CallbackServerContext* context) override;

 private:
  ModelRepository* const repository_;
  JobQueue* const jobs_;
  Activity* const activity_;
  const int64_t max_source_bytes_;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZATION_SERVICE_H_
