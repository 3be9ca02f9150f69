// Every geometry of CONV_2D and DEPTHWISE_CONV_2D against plain loops: int8 under both rules and on
// every instruction set, byte for byte; float32 within the bound of its sums.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "octet/engine.h"
#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"
#include "tests/unit/engine/ops/reference_ops.h"

namespace octet::testing {
namespace {

// batch, in_h, in_w, in_c, out_c, kernel h w, stride h w, dilation h w, padding, groups.
constexpr Padding kSame = Padding::kSame;
constexpr Padding kValid = Padding::kValid;
const ConvCase kCases[] = {
    // CONV_2D: pointwise, with channels around the tiles.
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, kSame, 1},
    {2, 5, 7, 3, 5, 1, 1, 1, 1, 1, 1, kSame, 1},
    {1, 3, 3, 17, 33, 1, 1, 1, 1, 1, 1, kValid, 1},
    {1, 9, 9, 8, 16, 1, 1, 2, 2, 1, 1, kSame, 1},
    {3, 4, 1, 65, 15, 1, 1, 3, 1, 1, 1, kSame, 1},
    // Windows.
    {1, 8, 8, 4, 9, 3, 3, 1, 1, 1, 1, kSame, 1},
    {2, 7, 5, 3, 10, 3, 3, 2, 2, 1, 1, kSame, 1},
    {1, 7, 5, 3, 10, 3, 3, 2, 2, 1, 1, kValid, 1},
    {1, 6, 9, 2, 3, 5, 1, 1, 2, 1, 1, kSame, 1},
    {1, 6, 9, 2, 3, 1, 5, 2, 1, 1, 1, kValid, 1},
    {1, 2, 2, 3, 4, 5, 5, 1, 1, 1, 1, kSame, 1},  // larger than the image
    {1, 4, 4, 1, 2, 3, 1, 2, 2, 1, 1, kSame, 1},  // a side below its stride
    {1, 9, 8, 3, 4, 1, 1, 4, 5, 1, 1, kSame, 1},
    {1, 10, 11, 3, 6, 3, 3, 1, 1, 2, 3, kSame, 1},
    {1, 10, 11, 3, 6, 3, 3, 1, 1, 2, 3, kValid, 1},
    {1, 12, 12, 2, 4, 2, 2, 3, 2, 3, 2, kSame, 1},
    {1, 20, 20, 13, 7, 3, 3, 1, 1, 1, 1, kSame, 1},  // more pixels than a block
    // Rows long enough to be read where they lie: sides, strides, rows above and below.
    {2, 5, 30, 16, 7, 3, 3, 1, 1, 1, 1, kSame, 1},
    {1, 40, 27, 16, 33, 3, 3, 1, 1, 1, 1, kSame, 1},  // more than one block of rows
    {1, 7, 63, 21, 5, 5, 5, 2, 2, 1, 1, kSame, 1},
    {1, 9, 61, 32, 4, 3, 3, 2, 2, 1, 1, kValid, 1},
    {1, 2, 28, 8, 4, 5, 3, 1, 1, 1, 1, kSame, 1},  // no row has all its taps
    {1, 6, 50, 64, 3, 1, 1, 2, 2, 1, 1, kSame, 1},
    {1, 12, 29, 16, 9, 3, 3, 1, 1, 2, 1, kSame, 1},
    {1, 5, 34, 8, 3, 2, 8, 1, 1, 1, 1, kSame, 1},
    {1, 12, 40, 600, 4, 3, 3, 1, 1, 1, 1, kSame, 1},  // rows so long that few are padded at a time
    {1, 14, 33, 600, 4, 3, 3, 2, 2, 1, 1, kSame, 1},
    // Patches so long that all pixels are one product; more rows than its matrix takes at once.
    {3, 7, 7, 128, 40, 3, 3, 1, 1, 1, 1, kSame, 1},
    {2, 6, 5, 1030, 9, 1, 1, 2, 2, 1, 1, kSame, 1},
    {1, 9, 9, 4300, 3, 2, 2, 1, 1, 1, 1, kValid, 1},
    {2, 9, 9, 4300, 3, 2, 2, 1, 1, 1, 1, kSame, 1},
    // Lines that are padded and multiplied as one: heights and widths of windows, few columns, more
    // lines than fit at once, weights so large that images share them and that one alone has them.
    {2, 6, 9, 64, 8, 3, 1, 1, 1, 1, 1, kSame, 1},
    {2, 6, 9, 64, 35, 1, 3, 1, 1, 1, 1, kValid, 1},
    {1, 9, 7, 64, 17, 5, 3, 1, 1, 2, 1, kSame, 1},
    {1, 9, 60, 320, 3, 3, 3, 1, 1, 1, 1, kSame, 1},
    {3, 2, 3, 600, 300, 3, 3, 1, 1, 1, 1, kSame, 1},
    {3, 3, 1, 12000, 16, 3, 3, 1, 1, 1, 1, kSame, 1},
    // Groups.
    {1, 5, 5, 6, 4, 3, 3, 1, 1, 1, 1, kSame, 2},
    {2, 5, 4, 6, 9, 1, 1, 1, 1, 1, 1, kSame, 3},
    {1, 4, 4, 8, 8, 3, 3, 2, 2, 1, 1, kSame, 8},
    {1, 4, 4, 5, 40, 2, 2, 1, 1, 1, 1, kValid, 5},
    // DEPTHWISE_CONV_2D: channels around the tiles, multipliers.
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, kSame, 0},
    {2, 6, 5, 7, 7, 3, 3, 1, 1, 1, 1, kSame, 0},
    {1, 6, 5, 16, 16, 3, 3, 2, 2, 1, 1, kSame, 0},
    {1, 6, 5, 31, 31, 3, 3, 2, 1, 1, 1, kValid, 0},
    {1, 9, 9, 33, 33, 5, 5, 1, 1, 1, 1, kSame, 0},
    {1, 4, 4, 1, 1, 1, 3, 2, 2, 1, 1, kSame, 0},
    {1, 9, 7, 3, 3, 3, 3, 1, 1, 2, 2, kSame, 0},
    {1, 9, 7, 3, 3, 3, 3, 2, 1, 2, 3, kValid, 0},
    {1, 2, 3, 5, 5, 7, 7, 1, 1, 1, 1, kSame, 0},
    {1, 5, 5, 1, 8, 3, 3, 1, 1, 1, 1, kSame, 0},
    {2, 5, 5, 3, 6, 3, 3, 2, 2, 1, 1, kSame, 0},
    {1, 5, 5, 5, 35, 2, 3, 1, 1, 1, 1, kValid, 0},
    {1, 3, 3, 2, 6, 1, 1, 1, 1, 1, 1, kSame, 0},
};

class ConvGeometryTest : public ::testing::TestWithParam<ConvCase> {};

template <typename To, typename From>
std::vector<To> As(const std::vector<From>& values) {
  return std::vector<To>(values.begin(), values.end());
}

ConvModel Int8Model(const ConvCase& c) {
  ConvModel model;
  model.input = c.input_dims();
  model.input_quant = {0.043f, -17};
  model.weights = c.weight_dims();
  model.weight_codes = MixedCodes(Count(model.weights), 11);
  std::vector<float> scales(c.out_c);
  for (int32_t i = 0; i < c.out_c; ++i) scales[i] = 0.002f + 0.0007f * static_cast<float>(i % 5);
  model.weight_quant = Quant(scales, c.groups == 0 ? 3 : 0);
  for (int32_t i = 0; i < c.out_c; ++i) model.bias.push_back((i * 7919) % 4001 - 2000);
  model.output = c.output_dims();
  // Wide enough that few codes saturate.
  model.output_quant = {0.011f * static_cast<float>(1 + c.kernel_h * c.kernel_w), 9};
  model.options = c.options();
  return model;
}

TEST_P(ConvGeometryTest, Int8EqualsPlainLoops) {
  const ConvCase& c = GetParam();
  const ConvModel model = Int8Model(c);
  const std::vector<int8_t> input = MixedCodes(Count(model.input), 5);
  const auto acc =
      ConvolveExactly<int64_t>(c, As<int64_t>(input), model.input_quant.zero_point[0],
                               As<int64_t>(model.weight_codes), As<int64_t>(model.bias));
  const float in_scale = model.input_quant.scale[0];
  const float out_scale = model.output_quant.scale[0];
  const auto zero = static_cast<int32_t>(model.output_quant.zero_point[0]);
  for (Rounding rounding : kBothRules) {
    std::vector<int8_t> want;
    for (size_t i = 0; i < acc.size(); ++i) {
      // A scale per channel; one alone serves all of its tensor.
      const float scale = model.weight_quant.scale[i % c.out_c];
      want.push_back(static_cast<int8_t>(
          rounding == Rounding::kFixedPoint
              ? RequantizeFixedPoint(acc[i], double{in_scale} * double{scale} / double{out_scale},
                                     zero, -128, 127)
              : RequantizeFloat32(acc[i], in_scale * scale / out_scale, zero, -128, 127)));
    }
    for (const std::string& isa : std::vector<std::string>(absl::StrSplit(BuiltIsaNames(), ','))) {
      if (!CheckIsa(isa).ok()) continue;  // built, but not found on this machine
      RunOptions options;
      options.rounding = rounding;
      options.isa = isa;
      EXPECT_EQ((RunValues<int8_t, int8_t>(model.Build(), {input}, options)), want)
          << isa << ", " << RoundingName(rounding);
    }
  }
}

TEST_P(ConvGeometryTest, Float32IsWithinTheBoundOfItsSums) {
  const ConvCase& c = GetParam();
  FloatConvModel model;
  model.input = c.input_dims();
  model.weights = c.weight_dims();
  model.weight_values = MixedValues(Count(model.weights), 21);
  model.bias = MixedValues(c.out_c, 22);
  model.output = c.output_dims();
  model.options = c.options();
  const std::vector<float> input = MixedValues(Count(model.input), 23);
  const auto want = ConvolveExactly<double>(
      c, As<double>(input), 0.0, As<double>(model.weight_values), As<double>(model.bias));
  const auto got = RunValues<float, float>(model.Build(), {input});
  ASSERT_EQ(got.size(), want.size());
  // Terms and bias are at most 1 each: n additions and a product err by (n + 1) u times their sum.
  const double terms = static_cast<double>(model.weight_values.size()) / c.out_c + 1;
  const double bound = (terms + 1) * 0x1p-24 * terms;
  for (size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], bound) << i;
}

std::string CaseName(const ::testing::TestParamInfo<ConvCase>& info) {
  const ConvCase& c = info.param;
  return absl::StrCat(c.groups == 0 ? "depthwise" : "conv", info.index, "_", c.batch, "x", c.in_h,
                      "x", c.in_w, "x", c.in_c, "_to", c.out_c, "_k", c.kernel_h, c.kernel_w, "_s",
                      c.stride_h, c.stride_w, "_d", c.dilation_h, c.dilation_w, "_g", c.groups,
                      c.padding == kSame ? "_same" : "_valid");
}
INSTANTIATE_TEST_SUITE_P(All, ConvGeometryTest, ::testing::ValuesIn(kCases), CaseName);

}  // namespace
}  // namespace octet::testing
