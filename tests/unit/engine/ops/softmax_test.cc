// Numbers: TensorFlow Lite's reference kernels and LiteRT 2.3's default path, which agree here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Codes = std::vector<int8_t>;

UnaryModel Model(Dims shape, Quant in, float beta = 1.0f, Quant out = {1.0f / 256, -128}) {
  return {BuiltinOp::kSoftmax, 2, shape, std::move(in), shape, std::move(out),
          SoftmaxOptions{beta}};
}

Codes Answer(const UnaryModel& model, const Codes& input, Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return RunValues<int8_t, int8_t>(model.Build(), {input}, options);
}

TEST(SoftmaxTest, Rows) {
  const Codes row = {118, 116, 100, 0, -128, 90, 117, 118};
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(Model({1, 8}, {0.0470157973f, 4}), row, rounding),
                ElementsAre(-72, -77, -104, -128, -128, -113, -75, -72));
    EXPECT_THAT(Answer(Model({1, 8}, {0.5f, 0}), row, rounding),
                ElementsAre(-42, -96, -128, -128, -128, -128, -76, -42));
    EXPECT_THAT(Answer(Model({1, 8}, {0.01f, 0}, 2.5f), row, rounding),
                ElementsAre(-78, -80, -96, -125, -128, -103, -79, -78));
  }
}

TEST(SoftmaxTest, OverTheLastDimensionOfAnyRank) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(Model({3}, {0.3f, 0}), {1, 2, 3}, rounding), ElementsAre(-67, -45, -16));
    EXPECT_THAT(Answer(Model({2, 2, 2}, {0.3f, 0}), {1, 2, 3, 9, 0, -4, 7, 7}, rounding),
                ElementsAre(-19, 19, -92, 92, 69, -69, 0, 0));
    EXPECT_THAT(Answer(Model({1, 1}, {0.1f, 0}), {5}, rounding), ElementsAre(127));
  }
}

TEST(SoftmaxTest, EqualCodesShareTheSum) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(Model({1, 5}, {0.1f, 0}), {3, 3, 3, 3, 3}, rounding), Each(-77));
    EXPECT_THAT(Answer(Model({1, 511}, {0.1f, 0}), Codes(511, 7), rounding), Each(-127));
    // Shares below half a code. Of 4200 equal terms the sum exceeds 32 bits of fixed point.
    for (int32_t n : {513, 1000, 4095, 4200}) {
      EXPECT_THAT(Answer(Model({1, n}, {0.1f, 0}), Codes(n, 7), rounding), Each(-128)) << n;
    }
  }
  // Half a code: the fixed point of 1 is a unit short of it.
  EXPECT_THAT(Answer(Model({1, 512}, {0.1f, 0}), Codes(512, 7), Rounding::kFloat32), Each(-127));
  EXPECT_THAT(Answer(Model({1, 512}, {0.1f, 0}), Codes(512, 7), Rounding::kFixedPoint), Each(-128));
}

// The reference kernel aborts the process here; the float rule's answer serves both.
TEST(SoftmaxTest, ATinyScaleMakesAllEqual) {
  for (Rounding rounding : kBothRules) {
    for (float scale : {1e-9f, 2e-38f}) {
      EXPECT_THAT(Answer(Model({1, 4}, {scale, 0}), {3, 127, -128, 0}, rounding), Each(-64));
    }
  }
}

TEST(SoftmaxTest, AHugeScaleIsArgMax) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(Model({1, 3}, {1000, 0}), {-128, 127, 0}, rounding),
                ElementsAre(-128, 127, -128));
    // scale * beta overflows float32, which LiteRT turns into no number at all.
    EXPECT_THAT(Answer(Model({1, 3}, {3e38f, 0}, 10.0f), {1, 2, 2}, rounding),
                ElementsAre(-128, 0, 0));
  }
}

TEST(SoftmaxTest, EveryDifferenceIsWithinACodeOfTheRealFunction) {
  for (Rounding rounding : kBothRules) {
    for (float scale : {0.004f, 0.05f, 0.3f}) {
      Codes pairs;
      for (int d = 0; d < 256; ++d) {
        pairs.push_back(127);
        pairs.push_back(static_cast<int8_t>(127 - d));
      }
      const Codes got = Answer(Model({256, 2}, {scale, 0}), pairs, rounding);
      for (int d = 0; d < 256; ++d) {
        const double other = 256 / (1 + std::exp(double{scale} * d));
        EXPECT_NEAR(got[2 * d + 1] + 128, other, 0.51);
        EXPECT_NEAR(got[2 * d] + 128, std::min(256 - other, 255.0), 0.51);
      }
    }
  }
}

TEST(SoftmaxTest, Float32) {
  UnaryModel model = Model({2, 2}, {}, 2.0f, {});
  model.type = model.out_type = DataType::kFloat32;
  const auto got = RunValues<float, float>(model.Build(), {{1, 1, 1000, 999.5f}});
  EXPECT_EQ(got[0], 0.5f);
  EXPECT_EQ(got[1], 0.5f);
  EXPECT_NEAR(got[2], 1 / (1 + std::exp(-1.0)), 1e-6);
  EXPECT_NEAR(got[3], 1 / (1 + std::exp(1.0)), 1e-6);
}

// TensorFlow Lite refuses these models, too.
TEST(SoftmaxTest, RefusesOtherOutputs) {
  for (Rounding rounding : kBothRules) {
    const auto scale =
        CompileError(Model({1, 3}, {0.1f, 0}, 1, {1.0f / 128, -128}).Build(), rounding);
    EXPECT_EQ(scale.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(scale.message(), HasSubstr("SOFTMAX): output 'output' has scale 0.0078125"));
    EXPECT_FALSE(CompileError(Model({1, 3}, {0.1f, 0}, 1, {1.0f / 256, 0}).Build(), rounding).ok());
  }
}

TEST(SoftmaxTest, RefusesEmptyRowsScalarsAndBeta) {
  EXPECT_FALSE(CompileError(Model({1, 0}, {0.1f, 0}).Build()).ok());
  EXPECT_FALSE(CompileError(Model({}, {0.1f, 0}).Build()).ok());
  for (float beta : {0.0f, -1.0f, std::numeric_limits<float>::infinity(), NAN}) {
    EXPECT_FALSE(CompileError(Model({1, 3}, {0.1f, 0}, beta).Build()).ok()) << beta;
  }
}

}  // namespace
}  // namespace octet::testing
