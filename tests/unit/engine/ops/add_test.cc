// Numbers: `fixed_point` from TensorFlow Lite's reference kernels, `float32` from LiteRT 2.3's
// default path, unless a comment derives them.
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
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

using Codes = std::vector<int8_t>;

const Codes kA = {-128, -100, -77, -50, -33, -21, -10, -3, -1, 0,
                  1,    2,    5,   9,   17,  29,  43,  64, 99, 127};
const Codes kB = {127, -3, 88, -128, 61,  48, -90, 12, -1,  0,
                  1,   7,  -5, 33,   -17, 90, -43, 11, -99, 127};

BinaryModel AddModel(Dims a, Quant qa, Dims b, Quant qb, Dims out, Quant qo,
                     Activation activation = Activation::kNone) {
  AddOptions options;
  options.activation = activation;
  return {BuiltinOp::kAdd, std::move(a),   std::move(qa), std::move(b),
          std::move(qb),   std::move(out), std::move(qo), options};
}

Codes Answer(const BinaryModel& model, const Codes& a, const Codes& b, Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return RunValues<int8_t, int8_t>(model.Build(), {a, b}, options);
}

// Twenty elements of equal shape.
Codes Run20(Quant qa, Quant qb, Quant qo, Rounding rounding) {
  return Answer(AddModel({1, 20}, qa, {1, 20}, qb, {1, 20}, qo), kA, kB, rounding);
}

TEST(AddTest, WorkedExample) {
  const BinaryModel model = AddModel({1, 1}, {0.0411975868f, 1}, {1, 1}, {0.0404671244f, -12},
                                     {1, 1}, {0.0553776585f, -26});
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(model, {-21}, {48}, rounding), ElementsAre(1));
  }
}

TEST(AddTest, RulesAgreeAwayFromTies) {
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Run20({0.0411975868f, 1}, {0.0404671244f, -12}, {0.0553776585f, -26}, rounding),
                ElementsAre(-20, -95, -11, -128, 2, 1, -91, -11, -19, -18, -17, -11, -18, 13, -18,
                            69, -17, 38, -17, 127));
  }
}

TEST(AddTest, RulesDifferAtTies) {
  EXPECT_THAT(Run20({0.5f, 0}, {0.25f, 3}, {1, -2}, Rounding::kFixedPoint),
              ElementsAre(-35, -54, -19, -60, -4, -1, -30, -1, -4, -3, -2, 0, -1, 10, 2, 34, 8, 32,
                          22, 93));
  EXPECT_THAT(Run20({0.5f, 0}, {0.25f, 3}, {1, -2}, Rounding::kFloat32),
              ElementsAre(-35, -53, -19, -60, -4, -1, -30, -1, -3, -3, -2, 0, -1, 10, 2, 34, 8, 32,
                          22, 93));
}

// XNNPACK takes scale ratios from 2^-10 up; below, the builtin kernel answers. Element 9 differs.
TEST(AddTest, LowestRatio) {
  const Codes fixed = {60, -5, 40, -68, 27,  20, -49, 2, -4,  -4,
                       -3, 0,  -6, 13,  -12, 42, -25, 2, -53, 60};
  Codes half_up = fixed;
  half_up[9] = -3;
  EXPECT_EQ(Run20({0x1p-10f, 0}, {0.5f, 3}, {1, -2}, Rounding::kFixedPoint), fixed);
  EXPECT_EQ(Run20({0x1p-10f, 0}, {0.5f, 3}, {1, -2}, Rounding::kFloat32), half_up);
  const float below = std::nextafter(0x1p-10f, 0.0f);
  EXPECT_EQ(Run20({below, 0}, {0.5f, 3}, {1, -2}, Rounding::kFixedPoint), fixed);
  EXPECT_EQ(Run20({below, 0}, {0.5f, 3}, {1, -2}, Rounding::kFloat32), fixed);
}

// ... and ratios below 2^8.
TEST(AddTest, HighestRatio) {
  Codes fixed(20, 127);
  for (int i = 0; i < 9; ++i) fixed[i] = -128;
  fixed[9] = -4;
  Codes half_up = fixed;
  half_up[9] = -3;
  const float below = std::nextafter(256.0f, 0.0f);
  EXPECT_EQ(Run20({below, 0}, {0.5f, 3}, {1, -2}, Rounding::kFixedPoint), fixed);
  EXPECT_EQ(Run20({below, 0}, {0.5f, 3}, {1, -2}, Rounding::kFloat32), half_up);
  EXPECT_EQ(Run20({256, 0}, {0.5f, 3}, {1, -2}, Rounding::kFixedPoint), fixed);
  EXPECT_EQ(Run20({256, 0}, {0.5f, 3}, {1, -2}, Rounding::kFloat32), fixed);
}

// The builtin kernel works on sixteen elements at a time and narrows them to 16 bits by wrapping;
// the last four of these twenty are added as the specification says.
TEST(AddTest, BlocksOfTheBuiltinKernelWrap) {
  EXPECT_THAT(Run20({300, 0}, {0.5f, 3}, {1e-3f, -2}, Rounding::kFixedPoint),
              ElementsAre(-128, -128, -128, -128, -128, -128, -128, -128, -128, -128, 127, 127, 127,
                          127, 127, 127, 127, 127, 127, 127));
  EXPECT_THAT(Run20({300, 0}, {0.5f, 3}, {1e-3f, -2}, Rounding::kFloat32),
              ElementsAre(127, 127, 127, 127, 127, 127, -128, 127, 127, -128, -128, 127, -128, 127,
                          -128, 127, 127, 127, 127, 127));
}

// Outside of XNNPACK's limits with a row that repeats: the specification, under both rules.
TEST(AddTest, BroadcastOutsideOfTheLimits) {
  const Quant qa(0x1p-11f * 1.37f, 2);
  const BinaryModel repeated = AddModel({4, 5}, qa, {1, 5}, {0.7f, 3}, {4, 5}, {0.61f, -2});
  const BinaryModel equal = AddModel({4, 5}, qa, {4, 5}, {0.7f, 3}, {4, 5}, {0.61f, -2});
  for (Rounding rounding : kBothRules) {
    EXPECT_THAT(Answer(repeated, kA, Codes(kB.begin(), kB.begin() + 5), rounding),
                ElementsAre(127, -9, 95, -128, 65, 127, -9, 96, -128, 65, 127, -9, 96, -128, 65,
                            127, -9, 96, -128, 65));
    EXPECT_THAT(Answer(equal, kA, kB, rounding),
                ElementsAre(127, -9, 95, -128, 65, 50, -109, 8, -7, -5, -4, 3, -11, 32, -25, 98,
                            -55, 7, -119, 127));
  }
}

TEST(AddTest, ActivationBounds) {
  const auto clamped = [](Quant qa, Quant qo, Activation activation, Rounding rounding) {
    return Answer(AddModel({1, 3}, qa, {1, 3}, {1, 0}, {1, 3}, qo, activation), {100, -100, 3},
                  {100, -100, 0}, rounding);
  };
  // Code 6 / 4 + 1 = 2.5.
  EXPECT_THAT(clamped({1, 0}, {4, 1}, Activation::kRelu6, Rounding::kFixedPoint),
              ElementsAre(3, 1, 2));
  EXPECT_THAT(clamped({1, 0}, {4, 1}, Activation::kRelu6, Rounding::kFloat32),
              ElementsAre(2, 1, 2));
  EXPECT_THAT(clamped({1, 0}, {2, 0}, Activation::kReluN1To1, Rounding::kFixedPoint),
              ElementsAre(1, -1, 1));
  EXPECT_THAT(clamped({1, 0}, {2, 0}, Activation::kReluN1To1, Rounding::kFloat32),
              ElementsAre(0, 0, 0));
  for (Rounding rounding : kBothRules) {
    // Outside of XNNPACK's limits the bounds are the builtin kernel's, too.
    EXPECT_THAT(clamped({0.003f, 0}, {4, 1}, Activation::kRelu6, rounding), ElementsAre(3, 1, 1));
    EXPECT_THAT(clamped({1, 0}, {0.02f, 100}, Activation::kRelu6, rounding),
                ElementsAre(127, 100, 127));
  }
}

// All codes against all codes of exact powers of two: sums in quarters, rounded as each rule says.
TEST(AddTest, EveryPairOfCodes) {
  Codes a;
  Codes b;
  for (int i = -128; i < 128; ++i) {
    for (int j = -128; j < 128; ++j) {
      a.push_back(static_cast<int8_t>(i));
      b.push_back(static_cast<int8_t>(j));
    }
  }
  const BinaryModel model =
      AddModel({256, 256}, {0.25f, 5}, {256, 256}, {0.5f, -9}, {256, 256}, {1, 11});
  for (Rounding rounding : kBothRules) {
    const Codes got = Answer(model, a, b, rounding);
    ASSERT_EQ(got.size(), a.size());
    for (size_t i = 0; i < a.size(); ++i) {
      const double real = 0.25 * (a[i] - 5) + 0.5 * (b[i] + 9);
      const double rounded =
          rounding == Rounding::kFloat32 ? std::floor(real + 0.5) : std::round(real);
      ASSERT_EQ(got[i], std::min(127.0, std::max(-128.0, rounded + 11))) << a[i] << " + " << b[i];
    }
  }
}

TEST(AddTest, BroadcastsOfEveryKind) {
  struct Case {
    Dims a, b, out;
  };
  const std::vector<Case> cases = {
      {{2, 3}, {2, 3}, {2, 3}},
      {{2, 3}, {1, 3}, {2, 3}},
      {{2, 3}, {2, 1}, {2, 3}},
      {{2, 1}, {1, 3}, {2, 3}},
      {{2, 3}, {3}, {2, 3}},
      {{3}, {2, 3}, {2, 3}},
      {{2, 3}, {}, {2, 3}},
      {{}, {2, 3}, {2, 3}},
      {{}, {}, {}},
      {{5}, {1}, {5}},
      {{2, 1, 4}, {3, 1}, {2, 3, 4}},
      {{1, 2, 1, 3}, {2, 1, 4, 1}, {2, 2, 4, 3}},
      {{2, 1, 2, 1, 2, 1}, {1, 2, 1, 2, 1, 2}, {2, 2, 2, 2, 2, 2}},
      {{0, 3}, {1, 3}, {0, 3}},
      {{2, 0}, {2, 0}, {2, 0}},
  };
  for (const Case& c : cases) {
    BinaryModel model = AddModel(c.a, {}, c.b, {}, c.out, {});
    model.type = DataType::kFloat32;
    std::vector<float> a(Count(c.a));
    std::vector<float> b(Count(c.b));
    for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i + 1);
    for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(1000 * (i + 1));
    // Each output element's index, one dimension after the other, in the operands' own strides.
    std::vector<float> want;
    const auto at = [&](const Dims& dims, int64_t flat) {
      int64_t offset = 0;
      int64_t stride = 1;
      int64_t rest = flat;
      for (int i = static_cast<int>(c.out.size()) - 1; i >= 0; --i) {
        const int64_t index = rest % c.out[i];
        rest /= c.out[i];
        const int own = i - static_cast<int>(c.out.size() - dims.size());
        if (own < 0) continue;
        offset += dims[own] == 1 ? 0 : index * stride;
        stride *= dims[own];
      }
      return offset;
    };
    for (int64_t i = 0; i < Count(c.out); ++i) want.push_back(a[at(c.a, i)] + b[at(c.b, i)]);
    const auto got = RunValues<float, float>(model.Build(), {a, b});
    EXPECT_THAT(got, ElementsAreArray(want))
        << ::testing::PrintToString(c.a) << " + " << ::testing::PrintToString(c.b);
  }
}

// Codes for each channel, which meet many pixels at once: as where each pixel has its own.
TEST(AddTest, ShortRowsThatReturn) {
  struct Case {
    Dims pixels, channels;
  };
  const std::vector<Case> cases = {
      {{1, 40, 41, 24}, {24}},          {{1, 40, 41, 24}, {1, 1, 1, 24}},
      {{3, 33, 17, 70}, {3, 1, 1, 70}}, {{2, 9, 5, 1000}, {1000}},
      {{2, 9, 2, 5000}, {5000}},        {{2, 3, 5, 40}, {2, 3, 1, 40}},
      {{2, 3, 500, 8}, {1, 3, 1, 8}}};
  const Quant quant_a(0.041f, 1);
  const Quant quant_b(0.04f, -12);
  const Quant quant_out(0.055f, -26);
  for (const Case& c : cases) {
    const Codes a = MixedCodes(Count(c.pixels), 1);
    const Codes b = MixedCodes(Count(c.channels), 2);
    Dims aligned(4 - c.channels.size(), 1);
    aligned.insert(aligned.end(), c.channels.begin(), c.channels.end());
    const int64_t image_size = Count(c.pixels) / c.pixels[0];
    const int64_t line_size = image_size / c.pixels[1];
    Codes spread;
    for (int64_t i = 0; i < Count(c.pixels); ++i) {
      const int64_t image = aligned[0] == 1 ? 0 : i / image_size;
      const int64_t line = aligned[1] == 1 ? 0 : i % image_size / line_size;
      spread.push_back(b[(image * aligned[1] + line) * aligned[3] + i % aligned[3]]);
    }
    for (const int threads : {1, 3}) {
      RunOptions options;
      options.threads = threads;
      const auto run = [&](Dims left, Dims right, const Codes& x, const Codes& y, bool turned) {
        const Quant& l = turned ? quant_b : quant_a;
        const Quant& r = turned ? quant_a : quant_b;
        return RunValues<int8_t, int8_t>(
            AddModel(std::move(left), l, std::move(right), r, c.pixels, quant_out).Build(), {x, y},
            options);
      };
      const Codes want = run(c.pixels, c.pixels, a, spread, false);
      EXPECT_EQ(run(c.pixels, c.channels, a, b, false), want) << ::testing::PrintToString(c.pixels);
      EXPECT_EQ(run(c.channels, c.pixels, b, a, true), want) << ::testing::PrintToString(c.pixels);
    }
  }
}

TEST(AddTest, FloatActivationsAndSpecialValues) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  BinaryModel model = AddModel({4}, {}, {4}, {}, {4}, {}, Activation::kRelu6);
  model.type = DataType::kFloat32;
  EXPECT_THAT((RunValues<float, float>(model.Build(), {{5, -5, kInf, -kInf}, {5, 2, 0, 0}})),
              ElementsAre(6, 0, 6, 0));
  model.options = AddOptions{};
  const auto sums = RunValues<float, float>(model.Build(), {{kInf, 1, NAN, 2}, {-kInf, 2, 0, 3}});
  EXPECT_TRUE(std::isnan(sums[0]));
  EXPECT_EQ(sums[1], 3);
  EXPECT_TRUE(std::isnan(sums[2]));
}

TEST(AddTest, RefusesShapesThatDoNotFit) {
  const auto error = CompileError(AddModel({2, 3}, {1, 0}, {2, 2}, {1, 0}, {2, 3}, {1, 0}).Build());
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(error.message(), HasSubstr("ADD"));
  EXPECT_THAT(error.message(), HasSubstr("[2,3] and [2,2]"));
}

TEST(AddTest, RefusesDeadAndMissingScales) {
  const auto dead = CompileError(AddModel({2}, {0, 0}, {2}, {1, 0}, {2}, {1, 0}).Build());
  EXPECT_THAT(dead.message(), HasSubstr("'left' has scale 0"));
  const auto subnormal = CompileError(AddModel({2}, {1, 0}, {2}, {1, 0}, {2}, {1e-40f, 0}).Build());
  EXPECT_THAT(subnormal.message(), HasSubstr("'output' has scale"));
  const auto missing = CompileError(AddModel({2}, {1, 0}, {2}, {}, {2}, {1, 0}).Build());
  EXPECT_THAT(missing.message(), HasSubstr("'right' has no quantization scale"));
}

// Multipliers of 1 and more shift left and wrap: meaningless, but never a trap.
TEST(AddTest, ExtremeScalesNeverTrap) {
  for (Rounding rounding : kBothRules) {
    for (float out = 1.0f; out > 1e-14f; out *= 0.37f) {
      EXPECT_EQ(Run20({1, -128}, {0.999f, 127}, {out, 127}, rounding).size(), 20u);
      EXPECT_EQ(Run20({1, 127}, {1e-20f, -128}, {out, -128}, rounding).size(), 20u);
    }
    EXPECT_EQ(
        CompileError(AddModel({1}, {1e30f, 0}, {1}, {1, 0}, {1}, {1e-20f, 0}).Build(), rounding)
            .code(),
        absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace octet::testing
