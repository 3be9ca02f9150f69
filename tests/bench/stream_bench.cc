#include "tests/bench/stream_bench.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/kernels/variants.h"

namespace octet::kernels {
namespace {

// One that stays in a first-level cache, one in a second-level cache.
constexpr int64_t kElements[] = {4 << 10, 128 << 10};

// Rows of this many channels.
constexpr int64_t kChannels = 128;

struct Stream {
  std::string name;
  int64_t elements;
  int64_t bytes;  // read and written
  std::function<void()> run;
};

void Register(const Stream& stream, const MachineLimits& limits) {
  const double bound_us = BoundOf(limits, {0, stream.bytes}).us;
  benchmark::RegisterBenchmark(
      absl::StrCat(stream.name, "/", stream.elements).c_str(),
      [stream, bound_us](benchmark::State& state) {
        for (auto _ : state) {
          stream.run();
          benchmark::ClobberMemory();
        }
        constexpr auto kRate = benchmark::Counter::kIsIterationInvariantRate;
        state.counters["B/s"] = benchmark::Counter(static_cast<double>(stream.bytes), kRate);
        state.counters["elements/s"] =
            benchmark::Counter(static_cast<double>(stream.elements), kRate);
        if (bound_us > 0) state.counters["share"] = benchmark::Counter(bound_us / 1e6, kRate);
      });
}

// Operands and result of a run of codes.
struct CodeBuffers {
  explicit CodeBuffers(int64_t count) : a(count), b(count), out(count) {
    for (int64_t i = 0; i < count; ++i) {
      a[i] = static_cast<uint8_t>(i * 37);
      b[i] = static_cast<uint8_t>(i * 101 + 3);
    }
  }
  BinaryRun8 binary() {
    return {a.data(), b.data(), out.data(), static_cast<int64_t>(out.size()), 1, 1};
  }
  std::vector<uint8_t> a, b, out;
};

void RegisterCodes(const Elementwise8& kernels, int64_t count, const MachineLimits& limits) {
  const auto buffers = std::make_shared<CodeBuffers>(count);
  const BinaryCodes8 codes = {-3, 5, 2, -128, 127};
  const Scale32 scale = {1630099334, -9};
  const auto add = [&](const char* name, int64_t bytes, std::function<void()> run) {
    Register({absl::StrCat(kernels.name, "/", name), count, bytes, std::move(run)}, limits);
  };
  add("add_one_rounding_s8", 3 * count, [&kernels, buffers, codes] {
    const AddOneRounding8 args = {codes, 1560153, 1532490, 21};
    const BinaryRun8 run = buffers->binary();
    kernels.add_one_rounding_s8(&args, &run);
  });
  add("add_fixed_point_s8", 3 * count, [&kernels, buffers, codes, scale] {
    const AddFixedPoint8 args = {codes, {1073741824, 0}, {2109407243, -1}, scale, 1};
    const BinaryRun8 run = buffers->binary();
    kernels.add_fixed_point_s8(&args, &run);
  });
  add("mul_float_s8", 3 * count, [&kernels, buffers, codes] {
    const MulFloat8 args = {codes, 0.0155f};
    const BinaryRun8 run = buffers->binary();
    kernels.mul_float_s8(&args, &run);
  });
  add("mul_fixed_point_s8", 3 * count, [&kernels, buffers, codes, scale] {
    const MulFixedPoint8 args = {codes, scale};
    const BinaryRun8 run = buffers->binary();
    kernels.mul_fixed_point_s8(&args, &run);
  });
  add("table", 2 * count, [&kernels, buffers] {
    const TableRun8 run = {buffers->a.data(), buffers->out.data(),
                           static_cast<int64_t>(buffers->out.size()), buffers->b.data()};
    kernels.table(&run);
  });
}

// Rows of kChannels floats with what a hybrid product needs beside them.
struct FloatBuffers {
  explicit FloatBuffers(int64_t count)
      : values(count),
        out(count),
        sums(count, 1234),
        codes(count),
        rows(count / kChannels),
        scales(kChannels, 0.01f),
        bias(kChannels, 0.5f),
        weight_sums(kChannels, 77) {
    for (int64_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 37 % 1000 - 400) * 0.01f;
  }
  std::vector<float> values, out;
  std::vector<int32_t> sums;
  std::vector<int8_t> codes;
  std::vector<RowQuantization> rows;
  std::vector<float> scales, bias;
  std::vector<int32_t> weight_sums;
};

void RegisterFloats(const FloatRows& kernels, int64_t count, const MachineLimits& limits) {
  const auto buffers = std::make_shared<FloatBuffers>(count);
  const auto add = [&](const char* name, int64_t bytes, std::function<void()> run) {
    Register({absl::StrCat(kernels.name, "/", name), count, bytes, std::move(run)}, limits);
  };
  add("range", 4 * count, [&kernels, buffers, count] {
    benchmark::DoNotOptimize(kernels.range(buffers->values.data(), count));
  });
  const auto codes = [&](const char* name, void (*kernel)(const FloatCodesRun*)) {
    add(name, 5 * count, [kernel, buffers, count] {
      const FloatCodesRun run = {
          buffers->values.data(), buffers->codes.data(), count, 21.0f, -43.0f, -85.0f, 170.0f};
      kernel(&run);
    });
  };
  codes("codes_half_even", kernels.codes_half_even);
  codes("codes_half_away", kernels.codes_half_away);
  const int64_t rows = count / kChannels;
  add("quantize_rows", 5 * count, [&kernels, buffers, rows] {
    const QuantizeRowsRun run = {buffers->values.data(), buffers->codes.data(), rows, kChannels,
                                 buffers->rows.data()};
    kernels.quantize_rows(&run);
  });
  add("finish", 8 * count, [&kernels, buffers, rows] {
    const HybridRows run = {kFused,
                            buffers->sums.data(),
                            kChannels,
                            buffers->out.data(),
                            kChannels,
                            rows,
                            kChannels,
                            buffers->rows.data(),
                            1,
                            buffers->scales.data(),
                            buffers->weight_sums.data(),
                            buffers->bias.data(),
                            0.0f,
                            6.0f};
    kernels.finish(&run);
  });
  add("logistic", 8 * count, [&kernels, buffers, count] {
    kernels.logistic(buffers->values.data(), buffers->out.data(), count);
  });
  // A row of pixels under a window of 3x3, which reads each of three lines of them.
  const int64_t pixels = rows / 4 - 2;
  const int64_t line = (pixels + 2) * kChannels;
  add("depthwise_3x3", (3 * line + pixels * kChannels) * 4, [&kernels, buffers, pixels, line] {
    DepthwiseF32Run run = {};
    run.input = buffers->values.data();
    run.pixel_advance = kChannels;
    run.tap_row_stride = line;
    run.tap_stride = kChannels;
    run.tap_rows = 3;
    run.taps_per_row = 3;
    run.weights = buffers->values.data();
    run.weight_row_stride = 3 * kChannels;
    run.channels = kChannels;
    run.pixels = pixels;
    run.out = buffers->out.data();
    run.hi = 6.0f;
    kernels.depthwise(&run);
  });
}

}  // namespace

void RegisterStreams(IsaSet allowed, const MachineLimits& limits) {
  for (int64_t count : kElements) {
    for (const Elementwise8Variant& v : Elementwise8Variants()) {
      if (allowed.Has(v.isa)) RegisterCodes(*v.kernels, count, limits);
    }
    for (const FloatRowsVariant& v : FloatRowsVariants()) {
      if (allowed.Has(v.isa)) RegisterFloats(*v.kernels, count, limits);
    }
  }
}

}  // namespace octet::kernels
