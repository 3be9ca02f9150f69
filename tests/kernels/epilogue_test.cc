// The epilogues of every variant on chosen accumulators: a product without terms leaves the bias.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/kernels/fixed_point.h"
#include "engine/kernels/packing.h"
#include "engine/kernels/reference/reference.h"
#include "tests/kernels/kernel_cases.h"

namespace octet::kernels {
namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

// Parameters of one column, and its accumulator.
struct Column {
  int32_t acc;
  int32_t multiplier;
  int32_t exponent;
  double scale;
};

class EpilogueTest : public ::testing::TestWithParam<const GemmS8Variant*> {
 protected:
  void SetUp() override {
    if (!MachineRuns(GetParam()->isa)) {
      GTEST_SKIP() << GetParam()->name << " was not run: this machine lacks "
                   << std::string(IsaName(GetParam()->isa));
    }
  }

  // The GEMM's answers. The accumulators are given to the kernel as they are, past packing, which
  // would refuse the most negative one.
  std::vector<int8_t> Run(const std::vector<Column>& columns, EpilogueKind kind, int32_t zero_point,
                          int32_t lo, int32_t hi) {
    Fill(columns, kind, zero_point, lo, hi);
    const int32_t n = static_cast<int32_t>(columns.size());
    const int8_t codes[kGemmOverReadBytes] = {};
    alignas(64) const int8_t panel[64] = {};
    std::vector<int8_t> out(n);
    const GemmS8Args args = {codes,        0,         0,          1, 0, 1, n, panel, 0,
                             bias_.data(), epilogue_, out.data(), n};
    GetParam()->run(&args);
    return out;
  }

  std::vector<int8_t> Expected(const std::vector<Column>& columns) {
    std::vector<int8_t> out;
    for (size_t c = 0; c < columns.size(); ++c) {
      out.push_back(static_cast<int8_t>(reference::Requantize(columns[c].acc, c, epilogue_)));
    }
    return out;
  }

  void Check(const std::vector<Column>& columns) {
    const int32_t bounds[][3] = {
        {0, -128, 127}, {-128, -128, 127}, {127, 0, 5}, {1 << 20, -128, 127}, {-77, -5, -5}};
    for (const auto& b : bounds) {
      for (EpilogueKind kind : {kEpilogueFixedPoint, kEpilogueFloat32, kEpilogueFloat64}) {
        const std::vector<int8_t> out = Run(columns, kind, b[0], b[1], b[2]);
        const std::vector<int8_t> expected = Expected(columns);
        for (size_t c = 0; c < columns.size(); ++c) {
          ASSERT_EQ(out[c], expected[c])
              << "kind " << kind << " acc " << columns[c].acc << " multiplier "
              << columns[c].multiplier << " exponent " << columns[c].exponent << " scale "
              << columns[c].scale << " zero point " << b[0];
        }
      }
    }
  }

 private:
  void Fill(const std::vector<Column>& columns, EpilogueKind kind, int32_t zero_point, int32_t lo,
            int32_t hi) {
    bias_.clear();
    multiplier_.clear();
    exponent_.clear();
    scale_.clear();
    scale64_.clear();
    for (const Column& c : columns) {
      bias_.push_back(c.acc);
      multiplier_.push_back(c.multiplier);
      exponent_.push_back(c.exponent);
      scale_.push_back(static_cast<float>(c.scale));
      scale64_.push_back(c.scale);
    }
    const int32_t tile = GetParam()->layout.n_tile;
    bias_ = PadColumns<int32_t>(bias_, tile);
    multiplier_ = PadColumns<int32_t>(multiplier_, tile);
    exponent_ = PadColumns<int32_t>(exponent_, tile);
    scale_ = PadColumns<float>(scale_, tile);
    scale64_ = PadColumns<double>(scale64_, tile);
    epilogue_ = {
        kind, multiplier_.data(), exponent_.data(), scale_.data(), scale64_.data(), zero_point, lo,
        hi};
  }

  std::vector<int32_t> bias_, multiplier_, exponent_;
  std::vector<float> scale_;
  std::vector<double> scale64_;
  EpilogueArgs epilogue_;
};

// Accumulators at the edges of everything, and around ties.
std::vector<int32_t> InterestingAccumulators() {
  std::vector<int32_t> accs = {kMin, kMin + 1, kMin + 128, kMax, kMax - 1, 0, 1, -1};
  for (int bit = 1; bit < 31; ++bit) {
    for (int delta : {-1, 0, 1}) {
      accs.push_back((1 << bit) + delta);
      accs.push_back(-(1 << bit) + delta);
      accs.push_back((1 << bit) + (1 << (bit - 1)) + delta);
      accs.push_back(-(1 << bit) - (1 << (bit - 1)) + delta);
    }
  }
  return accs;
}

TEST_P(EpilogueTest, EveryAccumulatorMeetsEveryMultiplier) {
  const std::vector<int32_t> accs = InterestingAccumulators();
  const int32_t multipliers[] = {0, 1 << 30, (1 << 30) + 1, 1518500250, kMax - 1, kMax};
  const double scales[] = {0,   1e-45, 1e-10, 0.0009765625, 0.0014825667, 0.25, 0.49999997,
                           0.5, 0.75,  1,     1.5,          255.99,       4e9,  3e38};
  for (int32_t exponent = -31; exponent <= 30; ++exponent) {
    std::vector<Column> columns;
    for (size_t i = 0; i < accs.size(); ++i) {
      for (size_t j = 0; j < 6; ++j) {
        columns.push_back(
            {accs[i], multipliers[j], exponent, scales[(i + j + exponent + 31) % 14]});
      }
    }
    Check(columns);
    if (HasFatalFailure()) return;
  }
}

TEST_P(EpilogueTest, RandomAccumulatorsAndMultipliers) {
  Random random(7);
  std::uniform_int_distribution<int32_t> any(kMin, kMax), fraction(1 << 30, kMax);
  std::uniform_int_distribution<int> exponent(-31, 30), shift(0, 31);
  for (int round = 0; round < 40; ++round) {
    std::vector<Column> columns;
    for (int i = 0; i < 1000; ++i) {
      const int32_t acc = any(random) >> shift(random);
      const int e = exponent(random);
      columns.push_back({acc, fraction(random), e, std::ldexp(fraction(random), e - 31)});
    }
    Check(columns);
    if (HasFatalFailure()) return;
  }
}

// Answers worked out by hand.
TEST_P(EpilogueTest, RoundsAsEachRuleSays) {
  const FixedPointMultiplier half = MakeFixedPointMultiplier(0.5);
  std::vector<Column> columns;
  for (int32_t acc : {-5, -3, -1, 0, 1, 3, 5}) {
    columns.push_back({acc, half.multiplier, half.exponent, 0.5});
  }
  // One rounding, to even.
  EXPECT_EQ(Run(columns, kEpilogueFloat32, 0, -128, 127),
            (std::vector<int8_t>{-2, -2, 0, 0, 0, 2, 2}));
  // One rounding, away from zero.
  EXPECT_EQ(Run(columns, kEpilogueFloat64, 0, -128, 127),
            (std::vector<int8_t>{-3, -2, -1, 0, 1, 2, 3}));
  // The tie falls to the doubling high product, which rounds up.
  EXPECT_EQ(Run(columns, kEpilogueFixedPoint, 0, -128, 127),
            (std::vector<int8_t>{-2, -1, 0, 0, 1, 2, 3}));

  // -4384 * 0.00148256670804: -3328 after the high product, then -6.5, away from zero; the float32
  // product is -6.4996. The zero point is 19.
  const std::vector<Column> worked = {{-4384, 1630099334, -9, 0.0014825667021796107}};
  EXPECT_EQ(Run(worked, kEpilogueFixedPoint, 19, -128, 127), std::vector<int8_t>{12});
  EXPECT_EQ(Run(worked, kEpilogueFloat32, 19, -128, 127), std::vector<int8_t>{13});
}

TEST_P(EpilogueTest, ProductsBeyond32BitsClampByTheirSign) {
  const std::vector<Column> columns = {
      {kMax, kMax, 0, 3e30}, {kMin, kMax, 0, 3e30}, {1, kMax, 0, 3e30}, {-1, kMax, 0, 3e30}};
  for (EpilogueKind kind : {kEpilogueFloat32, kEpilogueFloat64}) {
    EXPECT_EQ(Run(columns, kind, -5, -100, 99), (std::vector<int8_t>{99, -100, 99, -100}));
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, EpilogueTest, ::testing::ValuesIn(AllGemmS8()), VariantName());

}  // namespace
}  // namespace octet::kernels
