// The work behind Quantize, without its streams.
#ifndef OCTET_SERVER_SERVICES_QUANTIZE_JOB_H_
#define OCTET_SERVER_SERVICES_QUANTIZE_JOB_H_

#include <string>

#include "absl/status/statusor.h"
#include "octet/engine.h"
#include "octet/v1/octet.pb.h"
#include "server/base/clock.h"
#include "server/models/repository.h"
#include "server/services/quantize_samples.h"
#include "server/services/quantize_worker.h"

namespace octet::server {

// What a client has sent.
struct QuantizeJob {
  octet::v1::QuantizeStart start;
  std::string uploaded;  // the source's bytes; empty where `start` names a served model
  const SampleCollector& samples;
};

// What jobs work with.
struct QuantizeEnvironment {
  ModelRepository& repository;
  CompileOptions compile;  // of the models whose latency is measured
  Clock& clock;
};

struct QuantizeResult {
  octet::v1::QuantizeReport report;
  std::string bytes;  // the quantized model
};

// Gets the source, quantizes it and, where asked to, stores and loads the result. Errors as
// proto/octet/v1/octet.proto lists them.
absl::StatusOr<QuantizeResult> RunQuantize(QuantizeJob job, const QuantizeEnvironment& environment,
                                           const ReportProgress& progress);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZE_JOB_H_
