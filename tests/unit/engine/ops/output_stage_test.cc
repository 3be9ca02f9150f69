#include "engine/ops/products/output_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace octet::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kMinNormal = std::numeric_limits<float>::min();

OutputStageParams Params(RequantRule rule, absl::Span<const float> scales, float output_scale) {
  OutputStageParams params;
  params.rule = rule;
  params.weight_scales = scales;
  params.output_scale = output_scale;
  params.range = {-128, 127};
  return params;
}

TEST(OutputStageTest, WhichRuleAConvolutionFollows) {
  const std::vector<float> normal = {1.0f, kMinNormal};
  const std::vector<float> subnormal = {1.0f, kMinNormal / 2};
  const std::vector<float> dead = {0.0f, 1.0f};
  EXPECT_EQ(ConvolutionRule(Rounding::kFloat32, normal), RequantRule::kFloat32);
  EXPECT_EQ(ConvolutionRule(Rounding::kFloat32, subnormal), RequantRule::kHalfUp);
  EXPECT_EQ(ConvolutionRule(Rounding::kFloat32, dead), RequantRule::kHalfUp);
  for (const auto& scales : {normal, subnormal, dead}) {
    EXPECT_EQ(ConvolutionRule(Rounding::kFixedPoint, scales), RequantRule::kFixedPoint);
  }
  EXPECT_EQ(ActivationRule(RequantRule::kFloat32), Rounding::kFloat32);
  EXPECT_EQ(ActivationRule(RequantRule::kHalfUp), Rounding::kFixedPoint);
  EXPECT_EQ(ActivationRule(RequantRule::kFixedPoint), Rounding::kFixedPoint);
  EXPECT_EQ(ActivationRule(RequantRule::kFloat64), Rounding::kFixedPoint);
}

// Accumulators over 4: halves after the first rounding. Half up in the first two channels.
TEST(OutputStageTest, HalfUpInTheFirstChannels) {
  const std::vector<float> scales(4, 1.0f);
  OutputStageParams params = Params(RequantRule::kHalfUp, scales, 4);
  params.half_up_channels = 2;
  params.output_zero_point = 10;
  const auto stage = OutputStage::Make(params, 8);
  ASSERT_TRUE(stage.ok());
  EXPECT_FALSE(stage->fused());
  EXPECT_EQ(stage->epilogue().kind, kernels::kEpilogueInt32);
  const int32_t acc[] = {-2, -6, -2, -6, 2, 6, 2, 6};
  std::vector<int8_t> out(10, 99);
  stage->Finish(acc, 2, 4, out.data(), 5);
  EXPECT_THAT(out, ElementsAre(10, 9, 9, 8, 99, 11, 12, 11, 12, 99));
}

TEST(OutputStageTest, FinishClampsToTheRange) {
  const std::vector<float> scales(1, 0.5f);
  OutputStageParams params = Params(RequantRule::kHalfUp, scales, 1);
  params.half_up_channels = 1;
  params.range = {-5, 7};
  const auto stage = OutputStage::Make(params, 8);
  const int32_t acc[] = {-100, 100, 6, std::numeric_limits<int32_t>::max(),
                         std::numeric_limits<int32_t>::min()};
  std::vector<int8_t> out(5);
  stage->Finish(acc, 5, 1, out.data(), 1);
  EXPECT_THAT(out, ElementsAre(-5, 7, 3, 7, -5));
}

TEST(OutputStageTest, TablesHoldEachRulesMultiplier) {
  const std::vector<float> scales = {0.5f, 0.0f, 3.0f};
  OutputStageParams params = Params(RequantRule::kFloat32, scales, 4);
  params.input_scale = 2;
  const auto stage = OutputStage::Make(params, 16);
  ASSERT_TRUE(stage.ok());
  EXPECT_TRUE(stage->fused());
  const kernels::EpilogueArgs args = stage->epilogue();
  EXPECT_EQ(args.kind, kernels::kEpilogueFloat32);
  // 1/4, 0 and 3/2, as numbers and as 31 bits times a power of two.
  EXPECT_EQ(args.scale[0], 0.25f);
  EXPECT_EQ(args.scale[1], 0.0f);
  EXPECT_EQ(args.scale[2], 1.5f);
  EXPECT_EQ(args.scale64[2], 1.5);
  EXPECT_EQ(args.multiplier[0], 1 << 30);
  EXPECT_EQ(args.exponent[0], -1);
  EXPECT_EQ(args.multiplier[1], 0);
  EXPECT_EQ(args.multiplier[2], 3 << 29);
  EXPECT_EQ(args.exponent[2], 1);
  // A whole tile is readable from the last channel on.
  for (int i = 3; i < 3 + 16; ++i) {
    EXPECT_EQ(args.scale[i], 0.0f);
    EXPECT_EQ(args.multiplier[i], 0);
  }
  const kernels::EpilogueArgs from = EpilogueFrom(args, 2);
  EXPECT_EQ(from.scale[0], 1.5f);
  EXPECT_EQ(from.exponent[0], 1);
  EXPECT_EQ(EpilogueFrom(Int32Epilogue(), 5).scale, nullptr);
}

// The float32 product rounds at each step; the double one does not.
TEST(OutputStageTest, ScalesRoundAsEachRuleSays) {
  const std::vector<float> scales = {0.0081491591f};
  OutputStageParams params = Params(RequantRule::kFixedPoint, scales, 0.2322091013f);
  params.input_scale = 0.0422455221f;
  const auto stage = OutputStage::Make(params, 1);
  // From the worked example of the numerics: M and e of .00148256670804, and the float32 value.
  EXPECT_EQ(stage->epilogue().multiplier[0], 1630099334);
  EXPECT_EQ(stage->epilogue().exponent[0], -9);
  EXPECT_EQ(stage->epilogue().scale[0], 0.0014825667021796107f);
}

TEST(OutputStageTest, RefusesMultipliersThatHaveNoFixedPoint) {
  const std::vector<float> scales = {1.0f, 1e10f};
  const auto stage = OutputStage::Make(Params(RequantRule::kFloat32, scales, 1e-5f), 8);
  EXPECT_EQ(stage.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(stage.status().message(), HasSubstr("channel 1"));
  EXPECT_FALSE(OutputStage::Make(Params(RequantRule::kFloat32, scales, 0.0f), 8).ok());
}

}  // namespace
}  // namespace octet::ops
