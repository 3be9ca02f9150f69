// The engine's part of a quantization, out of the way of serving.
#ifndef OCTET_SERVER_SERVICES_QUANTIZE_WORKER_H_
#define OCTET_SERVER_SERVICES_QUANTIZE_WORKER_H_

#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "octet/engine.h"
#include "octet/quantize.h"
#include "octet/v1/octet.pb.h"
#include "server/base/clock.h"

namespace octet::server {

// Told how far the work is; returning false ends it with Cancelled.
using ReportProgress = std::function<bool(const octet::v1::QuantizeProgress&)>;

struct QuantizeWork {
  absl::string_view source;
  const QuantizeOptions& options;
  absl::Span<const CalibrationSample> samples;
  bool measure_latency = true;
  // Of the models whose latency is measured; a pool is not used.
  const CompileOptions& compile;
  Clock& clock;
};

struct QuantizeOutcome {
  QuantizedModel quantized;
  std::optional<octet::v1::RunTime> latency_before;
  std::optional<octet::v1::RunTime> latency_after;
};

// Works on one thread, made for it and of low priority, while the calling one waits and calls
// `progress`: what threads the callback starts, as gRPC may, keep their priority. Errors as those
// of QuantizeModel.
absl::StatusOr<QuantizeOutcome> QuantizeAtLowPriority(const QuantizeWork& work,
                                                      const ReportProgress& progress);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZE_WORKER_H_
