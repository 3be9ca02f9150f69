#include "server/metrics/process_collector.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace octet::server {
namespace {

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Seconds since the epoch at which the machine started; 0 where unknown.
double BootTime() {
  for (absl::string_view line : absl::StrSplit(ReadFile("/proc/stat"), '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    double time = 0;
    if (words.size() == 2 && words[0] == "btime" && absl::SimpleAtod(words[1], &time)) return time;
  }
  return 0;
}

prometheus::MetricFamily Family(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  family.metric = {metric};
  return family;
}

}  // namespace

absl::StatusOr<ProcessStat> ParseProcessStat(absl::string_view text) {
  // The second field is the program's name in parentheses and may itself hold spaces and ')'.
  const size_t name_end = text.rfind(") ");
  if (name_end == absl::string_view::npos) return absl::InvalidArgumentError("no program name");
  const std::vector<absl::string_view> fields = absl::StrSplit(text.substr(name_end + 2), ' ');
  constexpr size_t kFirst = 3;  // number, in proc(5), of fields[0]
  const auto number = [&](size_t field, double* value) {
    return field - kFirst < fields.size() && absl::SimpleAtod(fields[field - kFirst], value);
  };
  ProcessStat stat;
  double user = 0;
  double system = 0;
  if (!number(14, &user) || !number(15, &system) || !number(22, &stat.start_ticks) ||
      !number(23, &stat.virtual_bytes) || !number(24, &stat.resident_pages)) {
    return absl::InvalidArgumentError("a field is missing");
  }
  stat.cpu_ticks = user + system;
  return stat;
}

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  if (const auto stat = ParseProcessStat(ReadFile("/proc/self/stat")); stat.ok()) {
    const double ticks = sysconf(_SC_CLK_TCK);
    families.push_back(Family("process_cpu_seconds_total", "User and system CPU time.",
                              MetricType::Counter, stat->cpu_ticks / ticks));
    families.push_back(Family("process_resident_memory_bytes", "Resident memory.",
                              MetricType::Gauge, stat->resident_pages * sysconf(_SC_PAGESIZE)));
    families.push_back(Family("process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge,
                              stat->virtual_bytes));
    families.push_back(Family("process_start_time_seconds", "Start, since the Unix epoch.",
                              MetricType::Gauge, BootTime() + stat->start_ticks / ticks));
  }
  std::error_code error;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  if (!error) {
    const auto open = std::distance(begin(descriptors), end(descriptors));
    families.push_back(
        Family("process_open_fds", "Open file descriptors.", MetricType::Gauge, open));
  }
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(Family("process_max_fds", "Largest number of open file descriptors.",
                              MetricType::Gauge, limit.rlim_cur));
  }
  return families;
}

}  // namespace octet::server
