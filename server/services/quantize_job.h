// The work behind Quantize, without its streams.
#ifndef OCTET_SERVER_SERVICES_QUANTIZE_JOB_H_
#define OCTET_SERVER_SERVICES_QUANTIZE_JOB_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "octet/quantize.h"
#include "octet/v1/octet.pb.h"
#include "server/models/repository.h"

namespace octet::server {

struct QuantizeResult {
  octet::v1::QuantizeReport report;
  std::string bytes;  // the quantized model
};

// Told how far the work is; returning false ends it with Cancelled.
using ReportProgress = std::function<bool(const octet::v1::QuantizeProgress&)>;

// Unimplemented for a mode that Octet lacks; InvalidArgument for what makes no sense.
absl::StatusOr<QuantizeOptions> ParseQuantizeOptions(const octet::v1::QuantizeOptions& message);

// Gets the source (`uploaded`, or the served model that `start` names), quantizes it and, where
// asked to, stores and loads the result. Errors as proto/octet/v1/octet.proto lists them.
absl::StatusOr<QuantizeResult> RunQuantize(const octet::v1::QuantizeStart& start,
                                           std::string uploaded, ModelRepository& repository,
                                           const ReportProgress& progress);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZE_JOB_H_
