// The usual process_* metrics, from /proc.
#ifndef OCTET_SERVER_METRICS_PROCESS_COLLECTOR_H_
#define OCTET_SERVER_METRICS_PROCESS_COLLECTOR_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace octet::server {

// What /proc/self/stat says; times in clock ticks.
struct ProcessStat {
  double cpu_ticks = 0;    // user and system
  double start_ticks = 0;  // since the machine started
  double virtual_bytes = 0;
  double resident_pages = 0;
};

// InvalidArgument where `text` is not such a file.
absl::StatusOr<ProcessStat> ParseProcessStat(absl::string_view text);

// Reads /proc at each scrape; leaves out what cannot be read.
class ProcessCollector final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace octet::server

#endif  // OCTET_SERVER_METRICS_PROCESS_COLLECTOR_H_
