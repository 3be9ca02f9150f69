// Speed of every kernel variant that this machine runs, as multiply-accumulates per second of one
// core, without padding: what useful work costs; and as a share of the limit that is measured
// first. Kernels that pass over their data once: as bytes per second.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/cpu/isa.h"
#include "engine/kernels/packing.h"
#include "engine/kernels/packing_f32.h"
#include "engine/kernels/variants.h"
#include "tests/bench/limits.h"
#include "tests/bench/stream_bench.h"

namespace octet::kernels {
namespace {

struct GemmShape {
  const char* label;
  int32_t m, n, segments, segment_length;
};
struct DepthwiseShape {
  const char* label;
  int32_t pixels, channels, taps;
};

constexpr GemmShape kGemmShapes[] = {
    {"mobilenet_pointwise_112", 12544, 64, 1, 32},
    {"mobilenet_pointwise_56", 3136, 128, 1, 128},
    {"mobilenet_pointwise_28", 784, 256, 1, 256},
    {"mobilenet_pointwise_14", 196, 512, 1, 512},
    {"mobilenet_pointwise_7", 49, 1024, 1, 1024},
    {"mobilenet_v2_expand_56", 3136, 144, 1, 24},
    {"mobilenet_v2_project_56", 3136, 24, 1, 144},
    {"efficientnet_project_14", 196, 112, 1, 672},
    {"resnet_3x3_56", 3136, 64, 3, 192},
    {"resnet_3x3_28", 784, 128, 3, 384},
    {"resnet_3x3_7", 49, 512, 3, 1536},
    {"stem_3x3x3", 12544, 32, 1, 27},
    {"resnet8_3x3_32", 1024, 16, 3, 48},
    {"resnet8_3x3_16", 256, 32, 3, 96},
    {"efficientnet_project_112", 12544, 16, 1, 32},
    {"fully_connected_1x1024x1000", 1, 1000, 1, 1024},
    {"fully_connected_1x128x128", 1, 128, 1, 128},
    {"fully_connected_8x640x128", 8, 128, 1, 640},
};
constexpr DepthwiseShape kDepthwiseShapes[] = {
    {"3x3_112x32", 112, 32, 9}, {"3x3_56x128", 56, 128, 9}, {"3x3_28x256", 28, 256, 9},
    {"3x3_14x512", 14, 512, 9}, {"3x3_7x1024", 7, 1024, 9}, {"5x5_14x240", 14, 240, 25},
    {"3x3_25x64", 25, 64, 9},
};

std::vector<int8_t> RandomCodes(int64_t count) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> code(-127, 127);
  std::vector<int8_t> codes(count);
  for (int8_t& c : codes) c = static_cast<int8_t>(code(random));
  return codes;
}

// Parameters of both rules, for `columns` columns padded to `tile`.
struct Epilogue {
  Epilogue(int32_t kind, int32_t columns, int32_t tile)
      : multiplier(columns + tile, 1630099334),
        exponent(columns + tile, -9),
        scale(columns + tile, 0.0014825667f),
        args{kind, multiplier.data(), exponent.data(), scale.data(), nullptr, 3, -128, 127} {}
  std::vector<int32_t> multiplier, exponent;
  std::vector<float> scale;
  EpilogueArgs args;
};

template <typename T>
T OrExit(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::exit(1);
}

// `limit`: multiply-accumulates per second, 0 where it is not known.
void CountWork(benchmark::State& state, double macs, double limit) {
  constexpr auto kRate = benchmark::Counter::kIsIterationInvariantRate;
  state.counters["MAC/s"] = benchmark::Counter(macs, kRate);
  if (limit > 0) state.counters["share"] = benchmark::Counter(macs / limit, kRate);
}

void BenchGemm(benchmark::State& state, const GemmS8Variant& variant, const GemmShape& shape,
               int32_t kind, double limit) {
  const int64_t k = int64_t{shape.segments} * shape.segment_length;
  const PackedGemmS8 packed = OrExit(PackGemmS8(
      variant, shape.n, shape.segments, shape.segment_length, RandomCodes(shape.n * k), {}, -3));
  const std::vector<int8_t> a = RandomCodes(shape.m * k + kGemmOverReadBytes);
  const Epilogue epilogue(kind, shape.n, variant.layout.n_tile);
  std::vector<int8_t> out(int64_t{shape.m} * shape.n);
  GemmS8Args args = MakeGemmS8Args(packed, epilogue.args, 0, shape.n);
  args.a = a.data();
  args.a_row_stride = k;
  args.a_segment_stride = shape.segment_length;
  args.m = shape.m;
  args.out = out.data();
  args.out_row_stride = shape.n;
  for (auto _ : state) {
    variant.run(&args);
    benchmark::ClobberMemory();
  }
  CountWork(state, static_cast<double>(shape.m) * shape.n * k, limit);
}

// One output row of a convolution with stride 1; neighbouring pixels share taps.
void BenchDepthwise(benchmark::State& state, const DepthwiseS8Variant& variant,
                    const DepthwiseShape& shape, int32_t kind, double limit) {
  const PackedDepthwiseS8 packed =
      OrExit(PackDepthwiseS8(variant, shape.channels, shape.taps,
                             RandomCodes(int64_t{shape.taps} * shape.channels), {}, -3));
  const int32_t side = shape.taps == 9 ? 3 : 5;
  const int64_t width = shape.pixels + side - 1;
  const std::vector<int8_t> input =
      RandomCodes(side * width * shape.channels + kDepthwiseOverReadBytes);
  std::vector<const int8_t*> taps;
  for (int64_t x = 0; x < shape.pixels; ++x) {
    for (int64_t t = 0; t < shape.taps; ++t) {
      taps.push_back(input.data() + (t / side * width + x + t % side) * shape.channels);
    }
  }
  const Epilogue epilogue(kind, shape.channels, variant.layout.c_tile);
  std::vector<int8_t> out(int64_t{shape.pixels} * shape.channels);
  const DepthwiseS8Args args = {taps.data(),
                                shape.taps,
                                shape.taps,
                                0,
                                shape.pixels,
                                shape.channels,
                                packed.blocks.as<int8_t>(),
                                packed.block_stride,
                                packed.bias.data(),
                                epilogue.args,
                                out.data(),
                                shape.channels};
  for (auto _ : state) {
    variant.run(&args);
    benchmark::ClobberMemory();
  }
  CountWork(state, static_cast<double>(shape.pixels) * shape.channels * shape.taps, limit);
}

void BenchGemmF32(benchmark::State& state, const GemmF32& kernel, const GemmShape& shape) {
  const int64_t k = int64_t{shape.segments} * shape.segment_length;
  const std::vector<float> weights(shape.n * k, 0.25f);
  const PackedGemmF32 packed =
      OrExit(PackGemmF32(kernel, shape.n, shape.segments, shape.segment_length, weights, {}));
  const std::vector<float> a(shape.m * k, 0.5f);
  std::vector<float> out(int64_t{shape.m} * shape.n);
  GemmF32Args args = MakeGemmF32Args(packed, 0, shape.n);
  args.a = a.data();
  args.a_row_stride = k;
  args.a_segment_stride = shape.segment_length;
  args.m = shape.m;
  args.hi = 6.0f;
  args.out = out.data();
  args.out_row_stride = shape.n;
  for (auto _ : state) {
    kernel.run(&args);
    benchmark::ClobberMemory();
  }
  CountWork(state, static_cast<double>(shape.m) * shape.n * k, 0);
}

const char* KindName(int32_t kind) { return kind == kEpilogueFloat32 ? "float32" : "fixed_point"; }

void RegisterF32(IsaSet allowed) {
  for (const GemmF32Variant& v : GemmF32Variants()) {
    if (!allowed.Has(v.isa)) continue;
    for (const GemmShape& shape : kGemmShapes) {
      benchmark::RegisterBenchmark(
          absl::StrCat(v.kernels->name, "/", shape.label).c_str(),
          [&v, &shape](benchmark::State& s) { BenchGemmF32(s, *v.kernels, shape); });
    }
  }
}

void RegisterAll(IsaSet allowed) {
  std::array<double, kIsaCount> limits = {};
  for (Isa isa : allowed.Descending()) {
    const double limit = limits[static_cast<int>(isa)] = MeasureLimit(isa);
    if (limit > 0) std::printf("limit of %s: %.0f GMAC/s\n", IsaName(isa).data(), limit / 1e9);
  }
  for (int32_t kind : {kEpilogueFloat32, kEpilogueFixedPoint}) {
    for (const GemmS8Variant& v : GemmS8Variants()) {
      if (!allowed.Has(v.isa)) continue;
      const double limit = limits[static_cast<int>(v.isa)];
      for (const GemmShape& shape : kGemmShapes) {
        benchmark::RegisterBenchmark(
            absl::StrCat(v.name, "/", shape.label, "/", KindName(kind)).c_str(),
            [&v, &shape, kind, limit](benchmark::State& s) {
              BenchGemm(s, v, shape, kind, limit);
            });
      }
    }
    for (const DepthwiseS8Variant& v : DepthwiseS8Variants()) {
      if (!allowed.Has(v.isa)) continue;
      const double limit = limits[static_cast<int>(v.isa)];
      for (const DepthwiseShape& shape : kDepthwiseShapes) {
        benchmark::RegisterBenchmark(
            absl::StrCat(v.name, "/", shape.label, "/", KindName(kind)).c_str(),
            [&v, &shape, kind, limit](benchmark::State& s) {
              BenchDepthwise(s, v, shape, kind, limit);
            });
      }
    }
  }
}

}  // namespace
}  // namespace octet::kernels

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const octet::IsaSet allowed = octet::BuiltIsas() & octet::FoundIsas();
  std::printf("variants of: %s\n", allowed.ToString().c_str());
  octet::kernels::RegisterAll(allowed);
  octet::kernels::RegisterF32(allowed);
  octet::kernels::RegisterStreams(allowed, octet::MeasureLimits(allowed, /*threads=*/1));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
