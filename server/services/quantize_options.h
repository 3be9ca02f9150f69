// Options of a quantization, from their message.
#ifndef OCTET_SERVER_SERVICES_QUANTIZE_OPTIONS_H_
#define OCTET_SERVER_SERVICES_QUANTIZE_OPTIONS_H_

#include "absl/status/statusor.h"
#include "octet/quantize.h"
#include "octet/v1/octet.pb.h"

namespace octet::server {

// InvalidArgument, naming the field, for what makes no sense or is no option of the mode.
absl::StatusOr<QuantizeOptions> ParseQuantizeOptions(const octet::v1::QuantizeOptions& message);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZE_OPTIONS_H_
