#include "engine/ops/products/hybrid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace octet::ops {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr RowRule kAllRules[] = {RowRule::kAsymmetric, RowRule::kSymmetric,
                                 RowRule::kAsymmetricXnn};

struct Quantized {
  std::vector<int8_t> codes;
  RowQuantization row;
};

Quantized Quantize(RowRule rule, const std::vector<float>& values) {
  Quantized q;
  q.codes.resize(values.size());
  q.row = QuantizeRow(kernels::SelectFloatRows(IsaSet()), rule, values, q.codes.data());
  return q;
}

// What the codes stand for, in steps of the scale: read off LiteRT's answers for unit weights.
std::vector<int> Steps(RowRule rule, const std::vector<float>& values) {
  const Quantized q = Quantize(rule, values);
  std::vector<int> steps;
  for (int8_t code : q.codes) steps.push_back(code - q.row.zero_point);
  return steps;
}

TEST(QuantizeRowTest, ZerosAreExact) {
  for (RowRule rule : kAllRules) {
    const Quantized q = Quantize(rule, {0, 0, -0.0f, 0});
    EXPECT_EQ(q.row.scale, 1);
    EXPECT_THAT(Steps(rule, {0, 0, -0.0f, 0}), Each(0));
  }
}

TEST(QuantizeRowTest, NoValuesAtAll) {
  for (RowRule rule : kAllRules) EXPECT_EQ(Quantize(rule, {}).row.scale, 1);
}

TEST(QuantizeRowTest, Symmetric) {
  const Quantized q = Quantize(RowRule::kSymmetric, {-2, 1, 0.5f, 2});
  EXPECT_EQ(q.row.scale, 2.0f / 127);
  EXPECT_EQ(q.row.zero_point, 0);
  // 63.5 is a tie, away from zero; 31.75.
  EXPECT_THAT(q.codes, ElementsAre(-127, 64, 32, 127));
}

TEST(QuantizeRowTest, PositiveRowsStartAtTheLowestCode) {
  for (RowRule rule : {RowRule::kAsymmetric, RowRule::kAsymmetricXnn}) {
    const Quantized q = Quantize(rule, {1, 255});
    EXPECT_EQ(q.row.zero_point, -128);
    EXPECT_EQ(q.row.scale, 1);
    EXPECT_THAT(q.codes, ElementsAre(-127, 127));
  }
}

TEST(QuantizeRowTest, NegativeRowsEndAtTheHighestCode) {
  for (RowRule rule : {RowRule::kAsymmetric, RowRule::kAsymmetricXnn}) {
    const Quantized q = Quantize(rule, {-1, -255});
    EXPECT_EQ(q.row.zero_point, 127);
    EXPECT_THAT(q.codes, ElementsAre(126, -128));
  }
}

// Ties of the value: rounded before the zero point is added, away from zero or to even.
TEST(QuantizeRowTest, TiesOfValues) {
  EXPECT_THAT(Steps(RowRule::kAsymmetric, {.1f, .2f, .3f, .4f}), ElementsAre(64, 128, 191, 255));
  EXPECT_THAT(Steps(RowRule::kAsymmetricXnn, {.1f, .2f, .3f, .4f}), ElementsAre(64, 128, 191, 255));
  EXPECT_THAT(Steps(RowRule::kAsymmetric, {-.5f, .5f, .25f, 1}), ElementsAre(-85, 85, 43, 170));
  EXPECT_THAT(Steps(RowRule::kAsymmetricXnn, {-.5f, .5f, .25f, 1}), ElementsAre(-85, 85, 42, 170));
  EXPECT_THAT(Steps(RowRule::kAsymmetric, {-1, -2, -3, -4}), ElementsAre(-64, -127, -191, -255));
  EXPECT_THAT(Steps(RowRule::kAsymmetricXnn, {-1, -2, -3, -4}), ElementsAre(-64, -128, -191, -255));
}

// Ties of the zero point: -127.5 steps below and 127.5 above.
TEST(QuantizeRowTest, TiesOfTheZeroPoint) {
  const std::vector<float> values = {-127.5f, 127.5f, 3, 0.5f};
  EXPECT_THAT(Steps(RowRule::kAsymmetric, values), ElementsAre(-127, 128, 3, 1));
  EXPECT_THAT(Steps(RowRule::kAsymmetricXnn, values), ElementsAre(-128, 127, 3, 0));
  // -112.500005 steps in double, -112.5 in single precision.
  EXPECT_THAT(Steps(RowRule::kAsymmetric, {-112.5f * 3.855137f, 0, 0, 142.4999f * 3.855137f}),
              ElementsAre(-113, 0, 0, 142));
}

TEST(QuantizeRowTest, CodesCoverTheRangeAndNoMore) {
  std::vector<float> values;
  for (int i = -300; i <= 500; ++i) values.push_back(static_cast<float>(i) * 0.173f);
  for (RowRule rule : kAllRules) {
    const Quantized q = Quantize(rule, values);
    for (size_t i = 0; i < values.size(); ++i) {
      const float back = q.row.scale * static_cast<float>(q.codes[i] - q.row.zero_point);
      // Half a step, and another half where the zero point's rounding clips an end.
      EXPECT_NEAR(back, values[i], q.row.scale * 1.01f);
      if (rule == RowRule::kSymmetric) {
        EXPECT_NE(q.codes[i], -128);
      }
    }
  }
}

// No number comes out of these, but no trap either, and finite neighbours of a NaN keep codes.
TEST(QuantizeRowTest, NotFiniteAndExtremeValuesAreDefined) {
  const std::vector<std::vector<float>> rows = {
      {kNaN, kNaN},    {kNaN, 1, -1},      {kInf, 1, -1}, {-kInf, 1},        {kInf, -kInf, kNaN, 0},
      {3e38f, -3e38f}, {3.4e38f, 3.4e38f}, {1e-45f, 0},   {-1e-45f, 1e-45f}, {1e-38f, -2e-38f}};
  for (RowRule rule : kAllRules) {
    for (const auto& row : rows) {
      const Quantized q = Quantize(rule, row);
      EXPECT_GE(q.row.zero_point, -128);
      EXPECT_LE(q.row.zero_point, 127);
    }
  }
}

class HybridStageTest : public ::testing::Test {
 protected:
  HybridStageTest() {
    stage_.weight_scales = {0.3f, 0.7f, 0.1f};
    stage_.range = {-kInf, kInf};
    EXPECT_TRUE(stage_.SetWeights(weights_, 3, 2, 1).ok());
  }
  std::vector<float> Finish(RowQuantization row) const {
    const int32_t acc[] = {1000, -2000, 3001};
    std::vector<float> out(3);
    stage_.Finish(acc, row, 0, 3, out.data());
    return out;
  }
  const std::vector<int8_t> weights_ = {1, 2, 3, 4, -5, 6};
  HybridStage stage_{IsaSet()};
};

constexpr RowQuantization kRow{0.0123f, 7};
// Accumulators without the zero point's share, 7 times sums 3, 7 and 1.
constexpr float kSums[] = {979, -2049, 2994};

TEST_F(HybridStageTest, SumsWeights) { EXPECT_THAT(stage_.weight_sums, ElementsAre(3, 7, 1)); }

TEST_F(HybridStageTest, EachOrder) {
  const float scales[] = {0.3f, 0.7f, 0.1f};
  const float bias[] = {0.11f, 0.22f, 0.33f};
  stage_.bias.assign(bias, bias + 3);
  for (HybridOrder order :
       {kernels::kWeightThenRow, kernels::kRowThenWeight, kernels::kCombined, kernels::kFused}) {
    stage_.order = order;
    const std::vector<float> got = Finish(kRow);
    for (int c = 0; c < 3; ++c) {
      float want = 0;
      switch (order) {
        case kernels::kWeightThenRow:
          want = (kSums[c] * scales[c]) * kRow.scale + bias[c];
          break;
        case kernels::kRowThenWeight:
          want = (kSums[c] * kRow.scale) * scales[c] + bias[c];
          break;
        case kernels::kCombined:
          want = kSums[c] * (kRow.scale * scales[c]) + bias[c];
          break;
        case kernels::kFused: {
          // One rounding: the double sum of a double product of two floats rounds the same here.
          const double product = static_cast<double>(kSums[c] * kRow.scale) * scales[c];
          want = static_cast<float>(product + bias[c]);
          break;
        }
      }
      EXPECT_EQ(got[c], want) << static_cast<int>(order) << " " << c;
    }
  }
}

TEST_F(HybridStageTest, TheTailHasItsOwnOrder) {
  stage_.order = kernels::kWeightThenRow;
  const std::vector<float> body = Finish(kRow);
  stage_.order = kernels::kRowThenWeight;
  const std::vector<float> tail = Finish(kRow);
  stage_.order = kernels::kWeightThenRow;
  stage_.tail_begin = 2;
  EXPECT_THAT(Finish(kRow), ElementsAre(body[0], body[1], tail[2]));
}

TEST_F(HybridStageTest, ARowOfZerosGivesTheBiasExactly) {
  stage_.bias = {0.1f, -0.2f, 0.3f};
  const int32_t acc[] = {0, 0, 0};
  std::vector<float> out(3);
  stage_.Finish(acc, {1, 0}, 0, 3, out.data());
  EXPECT_THAT(out, ElementsAre(0.1f, -0.2f, 0.3f));
}

TEST_F(HybridStageTest, ClampsAndStartsAnywhere) {
  stage_.range = {0, 6};
  EXPECT_THAT(Finish(kRow), ElementsAre(979 * kRow.scale * 0.3f, 0, 2994 * kRow.scale * 0.1f));
  const int32_t acc[] = {3001};
  float out = 0;
  stage_.range = {-kInf, kInf};
  stage_.Finish(acc, kRow, 2, 1, &out);
  EXPECT_EQ(out, 2994 * kRow.scale * 0.1f);
}

TEST(HybridStageSumsTest, RefusesSumsThatCouldExceed32Bits) {
  HybridStage stage{IsaSet()};
  // 66311 products of 255 * 127 fit; one more does not.
  EXPECT_TRUE(stage.SetWeights(std::vector<int8_t>(66311, 127), 1, 66311, 1).ok());
  const auto status = stage.SetWeights(std::vector<int8_t>(66312, -127), 1, 66312, 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("channel 0"));
}

}  // namespace
}  // namespace octet::ops
