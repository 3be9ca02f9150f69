#include "tests/kernels/kernel_cases.h"

#include <algorithm>
#include <cmath>

#include "engine/base/checked_math.h"
#include "engine/kernels/fixed_point.h"

namespace octet::kernels {
namespace {

int Uniform(int lo, int hi, Random& random) {
  return std::uniform_int_distribution<int>(lo, hi)(random);
}

double MakeScale(Scales kind, double magnitude, Random& random) {
  switch (kind) {
    case Scales::kUseful:
      return std::uniform_real_distribution<double>(20, 200)(random) / std::max(magnitude, 1.0);
    case Scales::kTies:
      return std::ldexp(1.0, Uniform(-12, 0, random));
    case Scales::kExtremes: {
      const double choices[] = {0, 1e-38, 1e-12, 4.6566128e-10, 0.49999997, 0.5,
                                1, 1.7,   255.9, 65536.5,       1e10,       3e30};
      return choices[Uniform(0, 11, random)];
    }
  }
  return 0;
}

FixedPointMultiplier MakeMultiplier(Scales kind, double scale, Random& random) {
  if (kind != Scales::kExtremes) return MakeFixedPointMultiplier(scale);
  const int32_t choices[] = {0, 1 << 30, 2147483647, Uniform(1 << 30, 2147483647, random)};
  return {choices[Uniform(0, 3, random)], Uniform(-31, 30, random)};
}

}  // namespace

std::vector<int8_t> MakeCodes(Codes kind, int64_t count, Random& random) {
  std::vector<int8_t> codes(count);
  for (int64_t i = 0; i < count; ++i) {
    switch (kind) {
      case Codes::kRandom:
        codes[i] = static_cast<int8_t>(Uniform(-128, 127, random));
        break;
      case Codes::kMinimum:
        codes[i] = -128;
        break;
      case Codes::kMaximum:
        codes[i] = 127;
        break;
      case Codes::kAlternating:
        codes[i] = i % 2 == 0 ? -128 : 127;
        break;
      case Codes::kExtremes:
        codes[i] = Uniform(0, 1, random) == 0 ? -128 : 127;
        break;
    }
  }
  return codes;
}

EpilogueCase::EpilogueCase(EpilogueKind kind, Scales scales, double magnitude, int64_t columns,
                           int32_t tile, Random& random)
    : multiplier_(RoundUp(columns, tile) * sizeof(int32_t)),
      exponent_(RoundUp(columns, tile) * sizeof(int32_t)),
      scale_(RoundUp(columns, tile) * sizeof(float)),
      scale64_(RoundUp(columns, tile) * sizeof(double)) {
  for (int64_t c = 0; c < columns; ++c) {
    const double scale = MakeScale(scales, magnitude, random);
    const FixedPointMultiplier m = MakeMultiplier(scales, scale, random);
    multiplier_.as<int32_t>()[c] = m.multiplier;
    exponent_.as<int32_t>()[c] = m.exponent;
    scale_.as<float>()[c] = static_cast<float>(scale);
    scale64_.as<double>()[c] = scale;
  }
  const int bounds[][3] = {{0, -128, 127},    {-128, -128, 127},    {127, -128, 127},
                           {-7, -7, 127},     {5, 5, 77},           {3, -1, -1},
                           {-3, -128, -128},  {300, -128, 127},     {-300, -128, 127},
                           {1 << 20, 0, 127}, {-(1 << 20), -128, 0}};
  const auto& b = bounds[Uniform(0, scales == Scales::kExtremes ? 10 : 6, random)];
  args_ = {kind,
           multiplier_.as<int32_t>(),
           exponent_.as<int32_t>(),
           scale_.as<float>(),
           scale64_.as<double>(),
           b[0],
           b[1],
           b[2]};
}

int64_t OutputBytes(EpilogueKind kind) { return kind == kEpilogueInt32 ? 4 : 1; }

bool MachineRuns(Isa isa) { return FoundIsas().Has(isa); }

std::vector<const GemmS8Variant*> AllGemmS8() {
  std::vector<const GemmS8Variant*> all;
  for (const GemmS8Variant& variant : GemmS8Variants()) all.push_back(&variant);
  return all;
}

std::vector<const DepthwiseS8Variant*> AllDepthwiseS8() {
  std::vector<const DepthwiseS8Variant*> all;
  for (const DepthwiseS8Variant& variant : DepthwiseS8Variants()) all.push_back(&variant);
  return all;
}

}  // namespace octet::kernels
