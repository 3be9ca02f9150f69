// Numbers: `fixed_point` from TensorFlow Lite's reference kernels, `float32` from LiteRT 2.3's
// default path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename In, typename Out>
std::vector<Out> Answer(const std::vector<In>& input, Quant in, Quant out, Rounding rounding) {
  const Dims shape = {static_cast<int32_t>(input.size())};
  UnaryModel model{BuiltinOp::kQuantize, 2, shape, std::move(in), shape, std::move(out), {}};
  model.type = DataTypeOf<In>::value;
  model.out_type = DataTypeOf<Out>::value;
  RunOptions options;
  options.rounding = rounding;
  return RunValues<Out, In>(model.Build(), {input}, options);
}

const std::vector<float> kTies = {-2.5f, -1.5f, -.5f, .5f, 1.5f, 2.5f, 300, -300};

TEST(QuantizeTest, TiesOfRealNumbers) {
  EXPECT_THAT((Answer<float, int8_t>(kTies, {}, {1, 0}, Rounding::kFixedPoint)),
              ElementsAre(-3, -2, -1, 1, 2, 3, 127, -128));
  EXPECT_THAT((Answer<float, int8_t>(kTies, {}, {1, 0}, Rounding::kFloat32)),
              ElementsAre(-2, -2, 0, 0, 2, 2, 127, -128));
  // Rounded before the zero point is added.
  EXPECT_THAT((Answer<float, int8_t>(kTies, {}, {1, 7}, Rounding::kFixedPoint)),
              ElementsAre(4, 5, 6, 8, 9, 10, 127, -128));
  EXPECT_THAT((Answer<float, int8_t>(kTies, {}, {1, 7}, Rounding::kFloat32)),
              ElementsAre(5, 5, 7, 7, 9, 9, 127, -128));
}

// x / s and x * (1 / s) are not the same float.
TEST(QuantizeTest, DividesOrMultipliesByTheInverse) {
  const std::vector<float> input = {.3f, .9f, 1.5f, 2.1f, -.3f};
  EXPECT_THAT((Answer<float, int8_t>(input, {}, {.6f, 0}, Rounding::kFixedPoint)),
              ElementsAre(1, 1, 3, 3, -1));
  EXPECT_THAT((Answer<float, int8_t>(input, {}, {.6f, 0}, Rounding::kFloat32)),
              ElementsAre(0, 1, 2, 3, 0));
}

TEST(QuantizeTest, ToUint8) {
  const std::vector<float> input = {-1, 0, .25f, .75f, 1000};
  EXPECT_THAT((Answer<float, uint8_t>(input, {}, {.5f, 128}, Rounding::kFixedPoint)),
              ElementsAre(126, 128, 129, 130, 255));
  EXPECT_THAT((Answer<float, uint8_t>(input, {}, {.5f, 128}, Rounding::kFloat32)),
              ElementsAre(126, 128, 128, 130, 255));
}

// LiteRT's answers to these are not defined; Octet's are: infinities saturate, NaN is the lowest.
TEST(QuantizeTest, NotFiniteNumbers) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::vector<float> input = {NAN, kInf, -kInf, 1e38f, -1e38f};
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT((Answer<float, int8_t>(input, {}, {1e-3f, 5}, rounding)),
                ElementsAre(-128, 127, -128, 127, -128));
    EXPECT_THAT((Answer<float, uint8_t>(input, {}, {1e-3f, 5}, rounding)),
                ElementsAre(0, 255, 0, 255, 0));
  }
}

const std::vector<int8_t> kCodes = {-128, -100, -3, -2, -1, 0, 1, 2, 3, 5, 100, 127};

TEST(QuantizeTest, BetweenScales) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT((Answer<int8_t, int8_t>(kCodes, {1, 0}, {2, 0}, rounding)),
                ElementsAre(-64, -50, -1, -1, 0, 0, 1, 1, 2, 3, 50, 64));
  }
  EXPECT_THAT((Answer<int8_t, int8_t>(kCodes, {.31f, 4}, {.7f, -3}, Rounding::kFixedPoint)),
              ElementsAre(-62, -49, -6, -6, -5, -5, -5, -4, -4, -2, 40, 52));
  // XNNPACK's ratio has eight bits behind the point.
  EXPECT_THAT((Answer<int8_t, int8_t>(kCodes, {.31f, 4}, {.7f, -3}, Rounding::kFloat32)),
              ElementsAre(-61, -49, -6, -6, -5, -5, -4, -4, -3, -3, 39, 51));
  const std::vector<uint8_t> codes = {0, 1, 2, 3, 127, 128, 129, 200, 255};
  EXPECT_THAT((Answer<uint8_t, uint8_t>(codes, {.31f, 128}, {.7f, 100}, Rounding::kFixedPoint)),
              ElementsAre(43, 44, 44, 44, 99, 100, 101, 132, 156));
  EXPECT_THAT((Answer<uint8_t, uint8_t>(codes, {.31f, 128}, {.7f, 100}, Rounding::kFloat32)),
              ElementsAre(44, 44, 44, 45, 100, 100, 100, 132, 156));
}

// XNNPACK takes ratios from 2^-8 to 2^7.
TEST(QuantizeTest, RatioLimits) {
  EXPECT_THAT((Answer<int8_t, int8_t>(kCodes, {1, 0}, {256, 0}, Rounding::kFixedPoint)),
              ElementsAre(-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  EXPECT_THAT((Answer<int8_t, int8_t>(kCodes, {1, 0}, {256, 0}, Rounding::kFloat32)),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT((Answer<int8_t, int8_t>(kCodes, {1, 0}, {300, 0}, rounding)),
                ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    for (float scale : {128.0f, 129.0f}) {
      EXPECT_THAT((Answer<int8_t, int8_t>(kCodes, {scale, 0}, {1, 0}, rounding)),
                  ElementsAre(-128, -128, -128, -128, -128, 0, 127, 127, 127, 127, 127, 127));
    }
  }
}

TEST(QuantizeTest, BetweenSigns) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT((Answer<int8_t, uint8_t>(kCodes, {.3f, 0}, {.3f, 128}, rounding)),
                ElementsAre(0, 28, 125, 126, 127, 128, 129, 130, 131, 133, 228, 255));
    EXPECT_THAT((Answer<int8_t, uint8_t>(kCodes, {1, 0}, {2, 128}, rounding)),
                ElementsAre(64, 78, 127, 127, 128, 128, 129, 129, 130, 131, 178, 192));
    EXPECT_THAT((Answer<uint8_t, int8_t>({0, 1, 2, 3, 127, 128, 129, 200, 255}, {1, 128}, {2, 0},
                                         rounding)),
                ElementsAre(-64, -63, -63, -62, 0, 0, 1, 36, 64));
  }
}

// Between signs XNNPACK never takes the operator: the builtin kernel rounds whole blocks of sixteen
// half up, the rest away from zero as the reference kernel does all.
TEST(QuantizeTest, BlocksOfTheBuiltinKernel) {
  const std::vector<int8_t> halves = {-2,  -6, -10, 2,  6,   10,  -14, -18, -2,  -6,
                                      -10, 2,  6,   10, -14, -18, -2,  -6,  -10, 2};
  EXPECT_THAT((Answer<int8_t, uint8_t>(halves, {1, 0}, {4, 128}, Rounding::kFixedPoint)),
              ElementsAre(127, 126, 125, 129, 130, 131, 124, 123, 127, 126, 125, 129, 130, 131, 124,
                          123, 127, 126, 125, 129));
  EXPECT_THAT((Answer<int8_t, uint8_t>(halves, {1, 0}, {4, 128}, Rounding::kFloat32)),
              ElementsAre(128, 127, 126, 129, 130, 131, 125, 124, 128, 127, 126, 129, 130, 131, 125,
                          124, 127, 126, 125, 129));
  std::vector<uint8_t> raised;
  for (int8_t code : halves) raised.push_back(static_cast<uint8_t>(code + 128));
  EXPECT_THAT((Answer<uint8_t, int8_t>(raised, {1, 128}, {4, 0}, Rounding::kFixedPoint)),
              ElementsAre(-1, -2, -3, 1, 2, 3, -4, -5, -1, -2, -3, 1, 2, 3, -4, -5, -1, -2, -3, 1));
  EXPECT_THAT((Answer<uint8_t, int8_t>(raised, {1, 128}, {4, 0}, Rounding::kFloat32)),
              ElementsAre(0, -1, -2, 1, 2, 3, -3, -4, 0, -1, -2, 1, 2, 3, -3, -4, -1, -2, -3, 1));
}

TEST(QuantizeTest, RefusesScalesThatMeanNothing) {
  UnaryModel model{BuiltinOp::kQuantize, 2, {1}, {}, {1}, {0, 0}, {}};
  model.type = DataType::kFloat32;
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("'output' has scale 0"));
  model.output_quant = {};
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("no quantization scale"));
  model.type = DataType::kInt8;
  model.input_quant = {1e30f, 0};
  model.output_quant = {1e-30f, 0};
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("too large"));
}

}  // namespace
}  // namespace octet::testing
