#include "server/metrics/process_collector.h"

#include <map>
#include <string>

#include "gtest/gtest.h"

namespace octet::server {
namespace {

TEST(ParseProcessStat, TakesFieldsByTheirNumbers) {
  // The program's name may hold anything.
  const absl::StatusOr<ProcessStat> stat = ParseProcessStat(
      "17 (odd ) name) S 1 17 17 0 -1 4194560 900 0 3 0 250 50 0 0 20 0 9 0 12345 "
      "987654321 4321 18446744073709551615 1 1 0 0\n");
  ASSERT_TRUE(stat.ok()) << stat.status();
  EXPECT_EQ(stat->cpu_ticks, 300);
  EXPECT_EQ(stat->start_ticks, 12345);
  EXPECT_EQ(stat->virtual_bytes, 987654321);
  EXPECT_EQ(stat->resident_pages, 4321);
}

TEST(ParseProcessStat, RefusesOtherTexts) {
  EXPECT_FALSE(ParseProcessStat("").ok());
  EXPECT_FALSE(ParseProcessStat("1 (x) S 1 2").ok());
}

TEST(ProcessCollector, HasTheUsualNames) {
  std::map<std::string, double> values;
  for (const prometheus::MetricFamily& family : ProcessCollector().Collect()) {
    const prometheus::ClientMetric& metric = family.metric.at(0);
    values[family.name] =
        family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
  }
  for (const char* name : {"process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_start_time_seconds", "process_open_fds", "process_max_fds"}) {
    EXPECT_GT(values[name], 0) << name;
  }
  EXPECT_EQ(values.count("process_cpu_seconds_total"), 1);
}

}  // namespace
}  // namespace octet::server
