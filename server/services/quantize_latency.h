// How long one run of a model takes.
#ifndef OCTET_SERVER_SERVICES_QUANTIZE_LATENCY_H_
#define OCTET_SERVER_SERVICES_QUANTIZE_LATENCY_H_

#include <functional>
#include <optional>

#include "absl/strings/string_view.h"
#include "octet/engine.h"
#include "octet/v1/octet.pb.h"
#include "server/base/clock.h"

namespace octet::server {

// A few runs on inputs of zeros, on the calling thread where `compile` has no pool. Nothing where
// the model cannot be run, or where `go_on`, asked between runs, says no.
std::optional<octet::v1::RunTime> MeasureRunTime(absl::string_view model,
                                                 const CompileOptions& compile, Clock& clock,
                                                 const std::function<bool()>& go_on);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZE_LATENCY_H_
