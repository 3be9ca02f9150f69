// Numbers: TensorFlow Lite's reference kernels and LiteRT 2.3's default path, which agree but for
// the clamps of MAX_POOL_2D.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Codes = std::vector<int8_t>;
constexpr auto kAverage = BuiltinOp::kAveragePool2d;
constexpr auto kMax = BuiltinOp::kMaxPool2d;

UnaryModel Model(BuiltinOp op, Dims input, Pool2DOptions options, Dims output,
                 Quant quant = {0.1f, 5}) {
  return {op, 2, std::move(input), quant, std::move(output), quant, options};
}

Pool2DOptions Window(int32_t h, int32_t w, int32_t stride_h, int32_t stride_w, Padding padding) {
  Pool2DOptions options;
  options.filter_h = h;
  options.filter_w = w;
  options.stride_h = stride_h;
  options.stride_w = stride_w;
  options.padding = padding;
  return options;
}

Codes Answer(const UnaryModel& model, const Codes& input, Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return RunValues<int8_t, int8_t>(model.Build(), {input}, options);
}

Codes FiveByFive() {
  Codes codes;
  for (int i = 0; i < 25; ++i) codes.push_back(static_cast<int8_t>(i * 37 % 251 - 125));
  return codes;
}

// Sums 62 and -14 of four.
TEST(Pool2DTest, AverageTiesGoAwayFromZero) {
  const UnaryModel model =
      Model(kAverage, {1, 2, 2, 2}, Window(2, 2, 1, 1, Padding::kValid), {1, 1, 1, 2});
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(model, {15, -3, 16, -4, 15, -3, 16, -4}, rounding), ElementsAre(16, -4));
  }
}

TEST(Pool2DTest, AverageCountsPixelsInsideAlone) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(
        Answer(Model(kAverage, {1, 5, 5, 1}, Window(3, 3, 2, 2, Padding::kSame), {1, 3, 3, 1}),
               FiveByFive(), rounding),
        ElementsAre(-14, -42, -29, 13, 12, -2, -24, -31, 25));
    EXPECT_THAT(
        Answer(Model(kAverage, {1, 5, 5, 1}, Window(2, 3, 3, 1, Padding::kSame), {1, 2, 5, 1}),
               FiveByFive(), rounding),
        ElementsAre(-14, -37, -42, -47, -29, -24, -26, -31, 6, 25));
  }
}

TEST(Pool2DTest, Maximum) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(Model(kMax, {1, 5, 5, 1}, Window(3, 3, 2, 2, Padding::kSame), {1, 3, 3, 1}),
                       FiveByFive(), rounding),
                ElementsAre(97, 97, 23, 97, 105, 105, 113, 39, 76));
    // Padding never wins, not even over the lowest code.
    EXPECT_THAT(Answer(Model(kMax, {1, 1, 1, 1}, Window(3, 3, 1, 1, Padding::kSame), {1, 1, 1, 1}),
                       {-128}, rounding),
                ElementsAre(-128));
  }
}

// 6 / 4 + 1 = 2.5: XNNPACK takes the maximum, never the average.
TEST(Pool2DTest, ActivationTies) {
  Pool2DOptions relu6 = Window(1, 1, 1, 1, Padding::kValid);
  relu6.activation = Activation::kRelu6;
  const UnaryModel average = Model(kAverage, {1, 1, 1, 2}, relu6, {1, 1, 1, 2}, {4, 1});
  const UnaryModel maximum = Model(kMax, {1, 1, 1, 2}, relu6, {1, 1, 1, 2}, {4, 1});
  EXPECT_THAT(Answer(average, {127, -9}, Rounding::kFixedPoint), ElementsAre(3, 1));
  EXPECT_THAT(Answer(average, {127, -9}, Rounding::kFloat32), ElementsAre(3, 1));
  EXPECT_THAT(Answer(maximum, {127, -9}, Rounding::kFixedPoint), ElementsAre(3, 1));
  EXPECT_THAT(Answer(maximum, {127, -9}, Rounding::kFloat32), ElementsAre(2, 1));
}

// More channels than one chunk, a stride beyond the window, and several images.
TEST(Pool2DTest, EveryChannelOfEveryImage) {
  const Dims input = {2, 4, 5, 131};
  const Codes codes = MixedCodes(Count(input), 8);
  const auto at = [&](int n, int y, int x, int c) {
    return codes[((n * 4 + y) * 5 + x) * 131 + c];
  };
  for (BuiltinOp op : {kAverage, kMax}) {
    const UnaryModel model = Model(op, input, Window(1, 2, 2, 3, Padding::kValid), {2, 2, 2, 131});
    const Codes got = Answer(model, codes, Rounding::kFloat32);
    ASSERT_EQ(got.size(), 2u * 2 * 2 * 131);
    size_t i = 0;
    for (int n = 0; n < 2; ++n) {
      for (int y = 0; y < 4; y += 2) {
        for (int x = 0; x < 4; x += 3) {
          for (int c = 0; c < 131; ++c, ++i) {
            const int a = at(n, y, x, c);
            const int b = at(n, y, x + 1, c);
            const int mean = a + b > 0 ? (a + b + 1) / 2 : (a + b - 1) / 2;
            ASSERT_EQ(got[i], op == kMax ? std::max(a, b) : mean) << i;
          }
        }
      }
    }
  }
}

TEST(Pool2DTest, Float32) {
  UnaryModel model =
      Model(kAverage, {1, 2, 3, 1}, Window(2, 2, 1, 2, Padding::kSame), {1, 2, 2, 1}, {});
  model.type = model.out_type = DataType::kFloat32;
  const std::vector<float> input = {1, 2, -3, 5, 8, -7};
  EXPECT_THAT((RunValues<float, float>(model.Build(), {input})), ElementsAre(4, -5, 6.5f, -7));
  model.op = kMax;
  EXPECT_THAT((RunValues<float, float>(model.Build(), {input})), ElementsAre(8, -3, 8, -7));
}

TEST(Pool2DTest, RefusesWhatDoesNotFit) {
  EXPECT_THAT(
      CompileError(
          Model(kMax, {1, 2, 2, 1}, Window(3, 3, 1, 1, Padding::kValid), {1, 1, 1, 1}).Build())
          .message(),
      HasSubstr("MAX_POOL_2D): a window of 3 with stride 1 and dilation 1 over 2 pixels does not"));
  for (int32_t bad : {0, -1}) {
    EXPECT_FALSE(
        CompileError(
            Model(kMax, {1, 2, 2, 1}, Window(bad, bad, 1, 1, Padding::kSame), {1, 1, 1, 1}).Build())
            .ok());
    EXPECT_FALSE(
        CompileError(
            Model(kMax, {1, 2, 2, 1}, Window(1, 1, bad, 1, Padding::kSame), {1, 1, 1, 1}).Build())
            .ok());
  }
  UnaryModel other =
      Model(kAverage, {1, 1, 1, 1}, Window(1, 1, 1, 1, Padding::kSame), {1, 1, 1, 1});
  other.output_quant = {0.2f, 5};
  EXPECT_THAT(CompileError(other.Build()).message(), HasSubstr("must have the same quantization"));
  EXPECT_FALSE(
      CompileError(Model(kMax, {2, 2, 1}, Window(1, 1, 1, 1, Padding::kSame), {2, 2, 1}).Build())
          .ok());
  const int32_t large = 1 << 16;
  EXPECT_FALSE(CompileError(Model(kAverage, {1, 2, 2, 1},
                                  Window(large, large, 1, 1, Padding::kSame), {1, 2, 2, 1})
                                .Build())
                   .ok());
}

}  // namespace
}  // namespace octet::testing
