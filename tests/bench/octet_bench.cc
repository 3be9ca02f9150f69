// Times models on the engine alone: one line of JSON for each, and a profile on demand.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/flush_denormals.h"
#include "engine/base/status_macros.h"
#include "engine/cpu/cache.h"
#include "engine/cpu/isa.h"
#include "engine/evaluate/metrics.h"
#include "engine/runtime/compiled_program.h"
#include "engine/runtime/made_up_input.h"
#include "engine/runtime/program_runner.h"
#include "octet/engine.h"
#include "tests/bench/limits.h"
#include "tests/bench/profile.h"

namespace octet {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::vector<std::string> models;
  int threads = 1;
  int batch = 1;
  std::string isa = "auto";
  std::string rounding = "float32";
  double seconds = 2;
  int64_t runs = 0;  // 0: as many as fit into `seconds`
  bool profile = false;
};

double MillisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// Runs one model on the same made-up inputs, again and again.
class Repeater {
 public:
  Repeater(const CompiledProgram& compiled, StepObserver* observer)
      : compiled_(compiled), runner_(compiled, observer) {}

  absl::Status Prepare(int rows) {
    OCTET_RETURN_IF_ERROR(runner_.SetRows(rows));
    std::minstd_rand random(1);
    const Graph& graph = compiled_.main();
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
      inputs_.emplace_back(runner_.input(static_cast<int>(i)).size());
      FillInput(graph.tensors[graph.inputs[i]].type, absl::MakeSpan(inputs_.back()), random);
    }
    return absl::OkStatus();
  }

  // Milliseconds of one run. Writing the inputs, which a run may overwrite, is not part of it.
  absl::StatusOr<double> RunOnce() {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].empty()) continue;
      std::memcpy(runner_.input(static_cast<int>(i)).data(), inputs_[i].data(), inputs_[i].size());
    }
    const auto begin = Clock::now();
    OCTET_RETURN_IF_ERROR(runner_.Run());
    return MillisecondsSince(begin);
  }

  // Milliseconds of each run, ascending; at least one.
  absl::StatusOr<std::vector<double>> RunMany(const Options& options) {
    std::vector<double> times;
    const auto begin = Clock::now();
    do {
      OCTET_ASSIGN_OR_RETURN(const double ms, RunOnce());
      times.push_back(ms);
    } while (options.runs > 0 ? static_cast<int64_t>(times.size()) < options.runs
                              : MillisecondsSince(begin) < options.seconds * 1e3);
    std::sort(times.begin(), times.end());
    return times;
  }

 private:
  const CompiledProgram& compiled_;
  ProgramRunner runner_;
  std::vector<std::vector<std::byte>> inputs_;
};

absl::StatusOr<RuntimeOptions> RuntimeOptionsFrom(const Options& options) {
  RuntimeOptions runtime;
  OCTET_ASSIGN_OR_RETURN(runtime.graph.isas, AllowedIsas(options.isa));
  runtime.graph.cache_bytes = SecondLevelCacheBytes();
  OCTET_ASSIGN_OR_RETURN(runtime.graph.rounding, ParseRounding(options.rounding));
  if (options.threads > 1) runtime.pool = std::make_shared<ThreadPool>(options.threads);
  runtime.max_rows = options.batch;
  runtime.max_arena_bytes = CompileOptions().max_arena_bytes;
  return runtime;
}

int64_t PeakBytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

// Runs in which first touches of memory and cold caches fade.
constexpr int kWarmUpRuns = 3;

absl::Status PrintProfile(const CompiledProgram& compiled, const Options& options) {
  const MachineLimits limits = MeasureLimits(compiled.options().graph.isas, options.threads);
  Profile profile(compiled.program());
  Repeater repeater(compiled, &profile);
  OCTET_RETURN_IF_ERROR(repeater.Prepare(options.batch));
  for (int i = 0; i < kWarmUpRuns; ++i) OCTET_RETURN_IF_ERROR(repeater.RunOnce().status());
  profile.Clear();
  OCTET_ASSIGN_OR_RETURN(const auto times, repeater.RunMany(options));
  std::fputs(profile.Table(times.size(), limits).c_str(), stdout);
  return absl::OkStatus();
}

absl::Status BenchModel(const std::string& path, const RuntimeOptions& runtime,
                        const Options& options) {
  const auto load_begin = Clock::now();
  OCTET_ASSIGN_OR_RETURN(auto model, LoadModelFile(path));
  OCTET_ASSIGN_OR_RETURN(const auto compiled, CompiledProgram::Compile(std::move(model), runtime));
  const double load_ms = MillisecondsSince(load_begin);
  if (options.batch > 1 && !compiled->batchable()) {
    return absl::FailedPreconditionError(
        absl::StrCat("takes no --batch above 1: ", compiled->not_batchable_reason()));
  }
  Repeater repeater(*compiled, nullptr);
  OCTET_RETURN_IF_ERROR(repeater.Prepare(options.batch));
  OCTET_ASSIGN_OR_RETURN(const double first_ms, repeater.RunOnce());
  for (int i = 0; i < kWarmUpRuns; ++i) OCTET_RETURN_IF_ERROR(repeater.RunOnce().status());
  OCTET_ASSIGN_OR_RETURN(const std::vector<double> times, repeater.RunMany(options));
  nlohmann::ordered_json line = {
      {"model", path},
      {"threads", options.threads},
      {"batch", options.batch},
      {"isa", runtime.graph.isas.ToString()},
      {"rounding", options.rounding},
      {"runs", times.size()},
      {"median_ms", Percentile(times, 0.5)},
      {"p90_ms", Percentile(times, 0.9)},
      {"p99_ms", Percentile(times, 0.99)},
      {"min_ms", times.front()},
      {"load_ms", load_ms},
      {"first_ms", first_ms},
      {"peak_bytes", PeakBytes()},
  };
  std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  if (options.profile) OCTET_RETURN_IF_ERROR(PrintProfile(*compiled, options));
  std::fflush(stdout);
  return absl::OkStatus();
}

void Declare(CLI::App& app, Options& options) {
  app.add_option("models", options.models, "`.tflite` files")->required()->check(CLI::ExistingFile);
  app.add_option("--threads", options.threads, "threads that run a model")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--batch", options.batch, "rows in one run")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--isa", options.isa, "most capable instruction set to use, or auto")
      ->capture_default_str();
  app.add_option("--rounding", options.rounding, "float32 or fixed_point")->capture_default_str();
  auto* seconds = app.add_option("--seconds", options.seconds, "how long to run each model")
                      ->check(CLI::Range(0.0, 86400.0))
                      ->capture_default_str();
  app.add_option("--runs", options.runs, "number of timed runs, instead of --seconds")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 32))
      ->excludes(seconds);
  app.add_flag("--profile", options.profile,
               "then run it again and print each step's time beside what this machine could do");
}

// Exit status: 0, 1 where a model failed, 2 for wrong usage.
int Main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Times models on the engine alone; prints one line of JSON for each.\n"
      "load_ms: read, check, pack and plan; first_ms: the first run at --batch; peak_bytes: most\n"
      "memory that this process held so far.");
  Declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const auto runtime = RuntimeOptionsFrom(options);
  if (!runtime.ok()) {
    std::fprintf(stderr, "octet_bench: %s\n", std::string(runtime.status().message()).c_str());
    return 2;
  }
  int result = 0;
  for (const std::string& model : options.models) {
    const absl::Status status = BenchModel(model, *runtime, options);
    if (status.ok()) continue;
    std::fprintf(stderr, "octet_bench: %s: %s\n", model.c_str(),
                 std::string(status.message()).c_str());
    result = 1;
  }
  return result;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) { return octet::Main(argc, argv); }
