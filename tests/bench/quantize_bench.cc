// Times QuantizeModel as an engine call and states its peak memory.
//
//   quantize_bench MODEL.tflite [--mode dynamic-range] [--threads N] [--runs N]
//
// One JSON line: model, mode, threads, runs, median_ms, min_ms, input_bytes, output_bytes,
// peak_bytes, peak_ratio. `peak_bytes` is the process's peak resident size over what it was before
// the model was read; `peak_ratio` that over input and output together. The first run pays for
// memory that the system has not given yet; the input's pages are in memory.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "octet/quantize.h"

namespace octet {
namespace {

// The system's own figure; that of getrusage starts with what the program that started this one
// had.
int64_t PeakBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    long long kilobytes = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %lld", &kilobytes) == 1) return kilobytes * 1024;
  }
  return 0;
}

struct Arguments {
  std::string model;
  std::string mode = "dynamic-range";
  int threads = ThreadPool::DefaultThreads();
  int runs = 5;
};

bool Parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name.rfind("--", 0) != 0) {
      if (!arguments.model.empty()) return false;
      arguments.model = name;
      continue;
    }
    if (++i == argc) return false;
    if (name == "--mode") {
      arguments.mode = argv[i];
    } else if (name == "--threads") {
      if (!absl::SimpleAtoi(argv[i], &arguments.threads) || arguments.threads < 1) return false;
    } else if (name == "--runs") {
      if (!absl::SimpleAtoi(argv[i], &arguments.runs) || arguments.runs < 1) return false;
    } else {
      return false;
    }
  }
  return !arguments.model.empty();
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  std::string bytes(static_cast<size_t>(file.tellg()), '\0');
  file.seekg(0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

int Run(const Arguments& arguments) {
  const auto mode = ParseQuantizationMode(arguments.mode);
  if (!mode.ok()) {
    std::fprintf(stderr, "%s\n", mode.status().ToString().c_str());
    return 2;
  }
  QuantizeResources resources;
  resources.pool = std::make_shared<ThreadPool>(arguments.threads);
  const int64_t before = PeakBytes();
  const std::string source = ReadWhole(arguments.model);
  std::vector<double> times;
  size_t output_bytes = 0;
  for (int i = 0; i < arguments.runs; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto result = QuantizeModel(source, {.mode = *mode}, resources);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    if (!result.ok()) {
      std::fprintf(stderr, "%s\n", result.status().ToString().c_str());
      return 1;
    }
    times.push_back(took.count());
    output_bytes = result->bytes.size();
  }
  std::sort(times.begin(), times.end());
  const int64_t peak = PeakBytes() - before;
  absl::PrintF(
      "{\"model\": \"%s\", \"mode\": \"%s\", \"threads\": %d, \"runs\": %d, \"median_ms\": %.2f, "
      "\"min_ms\": %.2f, \"input_bytes\": %d, \"output_bytes\": %d, \"peak_bytes\": %d, "
      "\"peak_ratio\": %.3f}\n",
      arguments.model.substr(arguments.model.rfind('/') + 1), arguments.mode, arguments.threads,
      arguments.runs, times[times.size() / 2], times[0], source.size(), output_bytes, peak,
      static_cast<double>(peak) / (source.size() + output_bytes));
  return 0;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  octet::Arguments arguments;
  if (!octet::Parse(argc, argv, arguments)) {
    std::fprintf(stderr,
                 "usage: quantize_bench MODEL.tflite [--mode MODE] [--threads N] [--runs N]\n");
    return 2;
  }
  return octet::Run(arguments);
}
