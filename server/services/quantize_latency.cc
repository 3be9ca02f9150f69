#include "server/services/quantize_latency.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace octet::server {
namespace {

constexpr size_t kLeastRuns = 3;
constexpr size_t kMostRuns = 25;
constexpr std::chrono::milliseconds kEnough(200);  // runs beyond the least end after so long

// The time of one run in microseconds; nothing where it fails.
std::optional<double> TimeRun(ExecutionContext& context, int inputs, Clock& clock) {
  for (int i = 0; i < inputs; ++i) {
    const absl::Span<std::byte> input = context.input(i);
    if (!input.empty()) std::memset(input.data(), 0, input.size());
  }
  const MonotonicTime begin = clock.Now();
  if (!context.Run().ok()) return std::nullopt;
  return std::chrono::duration<double, std::micro>(clock.Now() - begin).count();
}

}  // namespace

std::optional<octet::v1::RunTime> MeasureRunTime(absl::string_view model,
                                                 const CompileOptions& compile, Clock& clock,
                                                 const std::function<bool()>& go_on) {
  const absl::StatusOr<std::shared_ptr<const Model>> loaded = LoadModel(std::string(model));
  if (!loaded.ok()) return std::nullopt;
  const absl::StatusOr<std::shared_ptr<const CompiledModel>> compiled =
      CompiledModel::Compile(*loaded, compile);
  if (!compiled.ok()) return std::nullopt;
  const absl::StatusOr<std::unique_ptr<ExecutionContext>> context =
      ExecutionContext::Create(*compiled);
  if (!context.ok() || !(*context)->SetRows(1).ok()) return std::nullopt;
  const int inputs = static_cast<int>((*compiled)->description().inputs.size());
  if (!TimeRun(**context, inputs, clock)) return std::nullopt;  // the first finds nothing warm
  std::vector<double> times;
  const MonotonicTime begin = clock.Now();
  while (times.size() < kLeastRuns || (times.size() < kMostRuns && clock.Now() - begin < kEnough)) {
    if (!go_on()) return std::nullopt;
    const std::optional<double> time = TimeRun(**context, inputs, clock);
    if (!time.has_value()) return std::nullopt;
    times.push_back(*time);
  }
  std::sort(times.begin(), times.end());
  octet::v1::RunTime result;
  result.set_runs(static_cast<int>(times.size()));
  result.set_median_us(times[times.size() / 2]);
  result.set_min_us(times.front());
  return result;
}

}  // namespace octet::server
