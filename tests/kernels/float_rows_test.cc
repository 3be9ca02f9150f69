// Every kernel for rows of floats against the definitions, bit for bit, with guard pages right
// behind what it may read and write.
#include "engine/kernels/float_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/kernels/variants.h"
#include "tests/kernels/guarded_buffer.h"
#include "tests/kernels/kernel_cases.h"

namespace octet::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr int64_t kCounts[] = {0, 1, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 257};

class FloatRowsTest : public ::testing::TestWithParam<const FloatRowsVariant*> {
 protected:
  void SetUp() override {
    if (!MachineRuns(GetParam()->isa)) {
      GTEST_SKIP() << kernels().name << " was not run: this machine lacks "
                   << std::string(IsaName(GetParam()->isa));
    }
  }

  const FloatRows& kernels() const { return *GetParam()->kernels; }

  // Numbers of which many are ties once they are scaled by 0.5.
  std::vector<float> Values(int64_t count) {
    std::vector<float> values(count);
    for (float& v : values) {
      v = static_cast<float>(std::uniform_int_distribution<int>(-700, 700)(random_)) * 0.5f;
    }
    return values;
  }

  std::mt19937 random_{3};
};

TEST_P(FloatRowsTest, RangeHoldsZeroAndIgnoresNan) {
  for (int64_t count : kCounts) {
    for (float extra : {0.0f, kNan, kInf, -kInf}) {
      std::vector<float> values = Values(count);
      if (count > 0) values[count / 2] = extra;
      float lo = 0;
      float hi = 0;
      for (float v : values) {
        if (v < lo) lo = v;
        if (v > hi) hi = v;
      }
      const GuardedBuffer guarded = Guard(values);
      const FloatRange range = kernels().range(guarded.as<float>(), count);
      EXPECT_EQ(range.lo, lo) << count;
      EXPECT_EQ(range.hi, hi) << count;
    }
  }
}

TEST_P(FloatRowsTest, Codes) {
  for (bool even : {true, false}) {
    for (int64_t count : kCounts) {
      for (float zero_point : {0.0f, -128.0f, 127.0f, 5.0f}) {
        for (float inverse : {0.5f, 1.0f, 0.37f, 1e30f}) {
          std::vector<float> values = Values(count);
          const float special[] = {0.49999997f, -0.49999997f, 0.99999994f, kInf, -kInf, 3e38f};
          for (int64_t i = 0; i < std::min<int64_t>(count, 6); ++i) values[i] = special[i];
          const GuardedBuffer guarded = Guard(values);
          const GuardedBuffer codes(count);
          const FloatCodesRun run = {
              guarded.as<float>(),  codes.as<int8_t>(), count, inverse, zero_point,
              -128.0f - zero_point, 127.0f - zero_point};
          (even ? kernels().codes_half_even : kernels().codes_half_away)(&run);
          for (int64_t i = 0; i < count; ++i) {
            const float scaled = values[i] * inverse;
            const float rounded = even ? std::rint(scaled) : std::round(scaled);
            const float want = zero_point + std::clamp(rounded, run.lo, run.hi);
            ASSERT_EQ(codes.as<int8_t>()[i], want) << values[i] << " times " << inverse;
          }
        }
      }
    }
  }
}

TEST_P(FloatRowsTest, ANanHasTheLowestCode) {
  const GuardedBuffer values = Guard(std::vector<float>(40, kNan));
  const GuardedBuffer codes(40);
  const FloatCodesRun run = {values.as<float>(), codes.as<int8_t>(), 40, 1, 3, -131, 124};
  for (auto* kernel : {kernels().codes_half_even, kernels().codes_half_away}) {
    kernel(&run);
    for (int i = 0; i < 40; ++i) EXPECT_EQ(codes.as<int8_t>()[i], -128);
  }
}

TEST_P(FloatRowsTest, QuantizedRows) {
  for (int64_t length : kCounts) {
    for (int64_t rows : {0, 1, 2, 16, 17}) {
      std::vector<float> values = Values(rows * length);
      for (int64_t i = 0; i < rows * length; ++i) {
        if (i / length % 5 == 3) values[i] = 0;  // a row of zeros
        if (i / length % 5 == 4) values[i] = std::abs(values[i]) * 1e-3f;
      }
      const GuardedBuffer guarded = Guard(values), codes(rows * length),
                          quantization(rows * sizeof(RowQuantization));
      const QuantizeRowsRun run = {guarded.as<float>(), codes.as<int8_t>(), rows, length,
                                   quantization.as<RowQuantization>()};
      kernels().quantize_rows(&run);
      for (int64_t r = 0; r < rows; ++r) {
        float lo = 0;
        float hi = 0;
        for (int64_t i = 0; i < length; ++i) {
          lo = std::min(lo, values[r * length + i]);
          hi = std::max(hi, values[r * length + i]);
        }
        const float inverse = lo == hi ? 1.0f : 255.0f / (hi - lo);
        const float a = lo * inverse;
        const float b = hi * inverse;
        const float zero = (-128.0f + a) + (127.0f + b) > 0 ? -128.0f - a : 127.0f - b;
        const float zero_point = std::rint(std::clamp(zero, -128.0f, 127.0f));
        ASSERT_EQ(run.quantization[r].zero_point, zero_point) << "row " << r << " of " << length;
        ASSERT_EQ(run.quantization[r].scale, 1.0f / inverse);
        for (int64_t i = 0; i < length; ++i) {
          const float code = std::clamp(std::rint(values[r * length + i] * inverse),
                                        -128.0f - zero_point, 127.0f - zero_point);
          ASSERT_EQ(run.codes[r * length + i], code + zero_point) << i << " of " << length;
        }
      }
    }
  }
}

float Scaled(const HybridRows& run, int64_t r, int64_t c) {
  const RowQuantization& row = run.quantization[r * run.quantization_step];
  const int32_t acc = run.acc[r * run.acc_row_stride + c];
  const auto sum = static_cast<float>(acc - row.zero_point * run.weight_sums[c]);
  const float w = run.weight_scales[c];
  const auto with_bias = [&](float product) {
    return run.bias == nullptr ? product : product + run.bias[c];
  };
  switch (run.order) {
    case kWeightThenRow:
      return with_bias((sum * w) * row.scale);
    case kCombined:
      return with_bias(sum * (row.scale * w));
    case kRowThenWeight:
      return with_bias((sum * row.scale) * w);
    case kFused:
      return run.bias == nullptr ? sum * row.scale * w : std::fma(sum * row.scale, w, run.bias[c]);
  }
  return 0;
}

TEST_P(FloatRowsTest, Finish) {
  constexpr int64_t kRows = 3, kGap = 2;
  std::uniform_int_distribution<int32_t> sums(-5'000'000, 5'000'000);
  std::uniform_real_distribution<float> scales(0.001f, 0.1f);
  const std::vector<RowQuantization> quantization = {{0.01f, -7}, {0.02f, 0}, {0.5f, 101}};
  for (HybridOrder order : {kWeightThenRow, kRowThenWeight, kCombined, kFused}) {
    for (bool with_bias : {false, true}) {
      for (int64_t step : {0, 1}) {
        for (int64_t count : kCounts) {
          const int64_t stride = count + kGap;
          std::vector<int32_t> acc((kRows - 1) * stride + count), weight_sums(count);
          std::vector<float> weight_scales(count), bias(count);
          for (int32_t& a : acc) a = sums(random_) % 3 == 0 ? 0 : sums(random_);
          for (int64_t c = 0; c < count; ++c) {
            weight_sums[c] = c % 5 == 0 ? 0 : sums(random_) / 100;
            weight_scales[c] = c % 7 == 0 ? -scales(random_) : scales(random_);
            bias[c] = c % 3 == 0 ? -0.0f : 1000 * scales(random_);
          }
          const GuardedBuffer a = Guard(acc), s = Guard(weight_sums), w = Guard(weight_scales),
                              b = Guard(bias), q = Guard(quantization),
                              out(acc.size() * sizeof(float));
          constexpr float kUntouched = 12345.0f;
          std::fill_n(out.as<float>(), acc.size(), kUntouched);
          const HybridRows run = {
              order,  a.as<int32_t>(), stride,          out.as<float>(),
              stride, kRows,           count,           q.as<RowQuantization>(),
              step,   w.as<float>(),   s.as<int32_t>(), with_bias ? b.as<float>() : nullptr,
              0.0f,   30000.0f};
          kernels().finish(&run);
          for (int64_t i = 0; i < static_cast<int64_t>(acc.size()); ++i) {
            const int64_t c = i % stride;
            const float want = c >= count
                                   ? kUntouched
                                   : std::min(std::max(Scaled(run, i / stride, c), run.lo), run.hi);
            ASSERT_EQ(std::bit_cast<uint32_t>(run.out[i]), std::bit_cast<uint32_t>(want))
                << "order " << order << " channel " << c << " of " << count;
          }
        }
      }
    }
  }
}

float DepthwiseSum(const DepthwiseF32Run& run, int64_t x, int64_t c) {
  float sum = run.bias == nullptr ? 0.0f : run.bias[c];
  for (int64_t ky = 0; ky < run.tap_rows; ++ky) {
    for (int64_t kx = 0; kx < run.taps_per_row; ++kx) {
      const float tap =
          run.input[x * run.pixel_advance + ky * run.tap_row_stride + kx * run.tap_stride + c];
      sum += tap * run.weights[ky * run.weight_row_stride + kx * run.channels + c];
    }
  }
  return std::min(std::max(sum, run.lo), run.hi);
}

TEST_P(FloatRowsTest, Depthwise) {
  constexpr int64_t kRows = 2, kColumns = 3, kPixels = 4, kStride = 2;
  constexpr int64_t kWidth = (kPixels - 1) * kStride + kColumns;
  std::uniform_real_distribution<float> reals(-1.0f, 1.0f);
  const auto random = [&](int64_t count) {
    std::vector<float> values(count);
    for (float& v : values) v = reals(random_);
    return values;
  };
  for (int64_t channels : kCounts) {
    for (bool with_bias : {false, true}) {
      for (int32_t tap_rows : {0, 1, 2}) {
        const GuardedBuffer in = Guard(random(kRows * kWidth * channels)),
                            w = Guard(random(kRows * kColumns * channels)),
                            b = Guard(random(channels)), out(kPixels * channels * sizeof(float));
        DepthwiseF32Run run = {};
        run.input = in.as<float>();
        run.pixel_advance = kStride * channels;
        run.tap_row_stride = kWidth * channels;
        run.tap_stride = channels;
        run.tap_rows = tap_rows;
        run.taps_per_row = kColumns;
        run.weights = w.as<float>();
        run.weight_row_stride = kColumns * channels;
        run.bias = with_bias ? b.as<float>() : nullptr;
        run.channels = static_cast<int32_t>(channels);
        run.pixels = kPixels;
        run.out = out.as<float>();
        run.lo = -0.75f;
        run.hi = 1.0f;
        kernels().depthwise(&run);
        for (int64_t i = 0; i < kPixels * channels; ++i) {
          const float want = DepthwiseSum(run, i / channels, i % channels);
          ASSERT_EQ(std::bit_cast<uint32_t>(run.out[i]), std::bit_cast<uint32_t>(want))
              << "element " << i << " of " << channels << " channels";
        }
      }
    }
  }
}

TEST_P(FloatRowsTest, Logistic) {
  std::vector<float> values = {0.0f, -0.0f, kInf, -kInf, -86.9f, -87.1f, -104.0f, 100.0f, 1e-30f};
  std::uniform_real_distribution<float> reals(-20.0f, 20.0f);
  while (values.size() < 257) values.push_back(reals(random_));
  for (int64_t count : kCounts) {
    const GuardedBuffer in = Guard(std::vector<float>(values.begin(), values.begin() + count)),
                        out(count * sizeof(float));
    kernels().logistic(in.as<float>(), out.as<float>(), count);
    kernels().logistic(in.as<float>(), in.as<float>(), count);
    for (int64_t i = 0; i < count; ++i) {
      const double want = 1 / (1 + std::exp(-static_cast<double>(values[i])));
      const float got = out.as<float>()[i];
      if (values[i] < -87) {
        EXPECT_EQ(got, 0) << values[i];
      } else {
        EXPECT_NEAR(got, want, 4 * 0x1p-24 * want) << values[i];
      }
      EXPECT_EQ(std::bit_cast<uint32_t>(got), std::bit_cast<uint32_t>(in.as<float>()[i]));
    }
  }
  float nan = kNan;
  kernels().logistic(&nan, &nan, 1);
  EXPECT_TRUE(std::isnan(nan));
}

// The kernels of all instruction sets give the same bits.
TEST_P(FloatRowsTest, LogisticIsTheBaselines) {
  std::vector<float> values(1000), want(1000), got(1000);
  std::uniform_real_distribution<float> reals(-90.0f, 90.0f);
  for (float& v : values) v = reals(random_);
  SelectFloatRows(IsaSet()).logistic(values.data(), want.data(), 1000);
  kernels().logistic(values.data(), got.data(), 1000);
  EXPECT_EQ(got, want);
}

std::vector<const FloatRowsVariant*> All() {
  std::vector<const FloatRowsVariant*> all;
  for (const FloatRowsVariant& variant : FloatRowsVariants()) all.push_back(&variant);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Variants, FloatRowsTest, ::testing::ValuesIn(All()),
                         [](const auto& info) { return std::string(info.param->kernels->name); });

TEST(SelectFloatRows, TakesTheMostCapableSetThatIsAllowed) {
  EXPECT_STREQ(SelectFloatRows(IsaSet()).name, "float_rows_scalar");
  for (const FloatRowsVariant& variant : FloatRowsVariants()) {
    EXPECT_EQ(&SelectFloatRows(IsaSet().With(variant.isa)), variant.kernels);
  }
}

}  // namespace
}  // namespace octet::kernels
