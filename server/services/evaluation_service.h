// octet.v1.EvaluationService.
#ifndef OCTET_SERVER_SERVICES_EVALUATION_SERVICE_H_
#define OCTET_SERVER_SERVICES_EVALUATION_SERVICE_H_

#include "octet/evaluate.h"
#include "octet/v1/octet.grpc.pb.h"
#include "server/base/job_queue.h"
#include "server/metrics/request_scope.h"
#include "server/models/repository.h"

namespace octet::server {

class EvaluationService final : public octet::v1::EvaluationService::CallbackService {
 public:
  // All outlive the service. `jobs` runs the work.
  EvaluationService(ModelRepository* repository, JobQueue* jobs, Activity* activity);

  grpc::ServerUnaryReactor* Evaluate(grpc::CallbackServerContext* context,
                                     const octet::v1::EvaluateRequest* request,
                                     octet::v1::EvaluateResponse* response) override;

 private:
  ModelRepository* const repository_;
  JobQueue* const jobs_;
  Activity* const activity_;
};

// The samples of a message in the order of the model's inputs; refers to the message. A sample has
// the input's shape, with the samples' axis in front or in the place of a leading 1.
// InvalidArgument says which input, what was given and what is right.
absl::StatusOr<EvaluationRequest> ParseSamples(const ModelDescription& model,
                                               const octet::v1::EvaluateRequest& message);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_EVALUATION_SERVICE_H_
