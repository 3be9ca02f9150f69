#include "tests/bench/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace octet {
namespace {

using ::testing::HasSubstr;

int64_t Macs(BuiltinOp kind, const std::vector<Shape>& inputs, const Shape& output) {
  return StepMacs(kind, inputs, {output});
}

TEST(StepMacsTest, CountsProductsFromShapes) {
  // 4 * 4 * 8 outputs of 3 * 3 * 5 products each.
  EXPECT_EQ(Macs(BuiltinOp::kConv2d, {{1, 4, 4, 5}, {8, 3, 3, 5}, {8}}, {1, 4, 4, 8}), 5760);
  // Two groups: a filter sees half of the channels.
  EXPECT_EQ(Macs(BuiltinOp::kConv2d, {{1, 4, 4, 6}, {8, 3, 3, 3}, {8}}, {1, 4, 4, 8}), 3456);
  // 2 * 4 * 4 * 6 outputs of 3 * 3 products.
  EXPECT_EQ(Macs(BuiltinOp::kDepthwiseConv2d, {{2, 4, 4, 3}, {1, 3, 3, 6}, {6}}, {2, 4, 4, 6}),
            1728);
  EXPECT_EQ(Macs(BuiltinOp::kFullyConnected, {{3, 10}, {7, 10}, Shape()}, {3, 7}), 210);
  // 2 * 2 * 4 inputs, each in 3 * 3 places of 5 channels.
  EXPECT_EQ(Macs(BuiltinOp::kTransposeConv, {{4}, {5, 3, 3, 4}, {1, 2, 2, 4}}, {1, 4, 4, 5}), 720);
  // 2 * 3 * 4 outputs of 2 * 2 * 2 * 5 products.
  EXPECT_EQ(Macs(BuiltinOp::kConv3d, {{1, 2, 3, 4, 5}, {2, 2, 2, 5, 1}}, {1, 2, 3, 4, 1}), 960);
}

TEST(StepMacsTest, BatchMatmulCountsTheSameWhicheverSideIsTransposed) {
  EXPECT_EQ(Macs(BuiltinOp::kBatchMatmul, {{2, 3, 5}, {2, 5, 4}}, {2, 3, 4}), 120);
  EXPECT_EQ(Macs(BuiltinOp::kBatchMatmul, {{2, 5, 3}, {2, 4, 5}}, {2, 3, 4}), 120);
}

TEST(StepMacsTest, OtherOperatorsHaveNone) {
  EXPECT_EQ(Macs(BuiltinOp::kAdd, {{1, 8}, {1, 8}}, {1, 8}), 0);
  EXPECT_EQ(Macs(BuiltinOp::kBatchMatmul, {{0, 5}, {5, 4}}, {0, 4}), 0);
}

GraphStep Step(BuiltinOp kind, int32_t op_index) {
  GraphStep step;
  step.kind = kind;
  step.op_index = op_index;
  return step;
}

TEST(ProfileTest, CountsCallsAndForgetsThem) {
  const GraphStep product = Step(BuiltinOp::kFullyConnected, 0);
  const std::vector<Shape> inputs = {{3, 10}, {7, 10}};
  Profile profile;
  for (int run = 0; run < 2; ++run) {
    profile.StepBegins(product);
    profile.StepEnds(product, inputs, {Shape{3, 7}});
  }
  ASSERT_EQ(profile.Sorted().size(), 1);
  EXPECT_EQ(profile.Sorted()[0].calls, 2);
  EXPECT_EQ(profile.Sorted()[0].macs, 210);
  EXPECT_LE(profile.Sorted()[0].best_us(), profile.Sorted()[0].total_us);
  EXPECT_THAT(profile.Table(2), HasSubstr("FULLY_CONNECTED"));
  EXPECT_THAT(profile.Table(2), HasSubstr("[3,10][7,10] -> [3,7]"));
  profile.Clear();
  EXPECT_TRUE(profile.Sorted().empty());
}

TEST(ProfileTest, TimeOfNestedStepsIsTheirsAlone) {
  const GraphStep loop = Step(BuiltinOp::kWhile, 0);
  const GraphStep inner = Step(BuiltinOp::kAdd, 1);
  Profile profile;
  const auto begin = std::chrono::steady_clock::now();
  profile.StepBegins(loop);
  for (int i = 0; i < 1000; ++i) {
    profile.StepBegins(inner);
    profile.StepEnds(inner, {}, {});
  }
  profile.StepEnds(loop, {}, {});
  const std::chrono::duration<double, std::micro> all = std::chrono::steady_clock::now() - begin;
  double sum = 0;
  for (const Profile::Entry& entry : profile.Sorted()) sum += entry.total_us;
  // Counted twice, the inner steps would push the sum past what passed.
  EXPECT_GT(sum, 0);
  EXPECT_LE(sum, all.count());
  EXPECT_EQ(profile.Sorted().size(), 2);
}

}  // namespace
}  // namespace octet
