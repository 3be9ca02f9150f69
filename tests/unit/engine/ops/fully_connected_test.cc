// Numbers: `fixed_point` from TensorFlow Lite's reference kernels, `float32` from LiteRT 2.3's
// default path, unless a comment derives them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"
#include "tests/unit/engine/ops/reference_ops.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

using Codes = std::vector<int8_t>;

FullyConnectedModel Model(int32_t rows, int32_t k, const Codes& weights) {
  const auto n = static_cast<int32_t>(weights.size()) / k;
  FullyConnectedModel model;
  model.input = {rows, k};
  model.weights = {n, k};
  model.weight_codes = weights;
  model.output = {rows, n};
  return model;
}

Codes Answer(const FullyConnectedModel& model, const Codes& input, Rounding rounding) {
  RunOptions options;
  options.rounding = rounding;
  return RunValues<int8_t, int8_t>(model.Build(), {input}, options);
}

// The reference kernel multiplies in double and rounds ties away from zero.
TEST(FullyConnectedTest, Ties) {
  FullyConnectedModel model = Model(1, 1, {-2, -6, 2, 6, 10});
  model.output_quant = {4, 0};
  EXPECT_THAT(Answer(model, {1}, Rounding::kFixedPoint), ElementsAre(-1, -2, 1, 2, 3));
  EXPECT_THAT(Answer(model, {1}, Rounding::kFloat32), ElementsAre(0, -2, 0, 2, 2));
}

class KeepNumDimsTest : public ::testing::Test {
 protected:
  FullyConnectedModel Model3D(bool keep) const {
    Codes weights;
    for (int i = 0; i < 20; ++i) weights.push_back(static_cast<int8_t>(i * 7 % 23 - 11));
    FullyConnectedModel model = Model(6, 4, weights);
    model.input = {2, 3, 4};
    model.bias.assign(5, 0);
    model.output = keep ? Dims{2, 3, 5} : Dims{6, 5};
    model.output_quant = {4, 0};
    model.options.keep_num_dims = keep;
    return model;
  }
  Bytes Input() const {
    Codes input;
    for (int i = 0; i < 24; ++i) input.push_back(static_cast<int8_t>(i - 12));
    return ToBytes(input);
  }
};

TEST_F(KeepNumDimsTest, DecidesTheShapeAlone) {
  const Codes fixed = {14, 13, 18, -34, -24, 12, 8,  10,  -22, -15, 10, 3,   2,   -10, -6,
                       8,  -2, -6, 2,   4,   6,  -7, -14, 14,  13,  4,  -12, -22, 26,  22};
  Codes rounded_to_even = fixed;
  rounded_to_even[9] = -14;
  rounded_to_even[24] = 12;
  for (bool keep : {false, true}) {
    for (Rounding rounding : kBothRules) {
      RunOptions options;
      options.rounding = rounding;
      const auto result = RunModel(Model3D(keep).Build(), {Input()}, options);
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_EQ(result->shapes[0], keep ? (Shape{2, 3, 5}) : (Shape{6, 5}));
      EXPECT_EQ(FromBytes<int8_t>(result->outputs[0]),
                rounding == Rounding::kFixedPoint ? fixed : rounded_to_even);
    }
  }
}

TEST_F(KeepNumDimsTest, NeedsALastDimensionOfWholeRows) {
  FullyConnectedModel model = Model3D(true);
  model.input = {2, 2, 6};
  EXPECT_THAT(CompileError(model.Build()).message(),
              HasSubstr("[2,2,6]; rows of 4 values are needed"));
  // Flattened, the same 24 values are six rows.
  FullyConnectedModel flat = Model3D(false);
  flat.input = {2, 2, 6};
  EXPECT_TRUE(CompileError(flat.Build()).ok());
  flat.input = {2, 3, 3};
  EXPECT_FALSE(CompileError(flat.Build()).ok());
}

TEST(FullyConnectedTest, ADeadChannelGivesTheZeroPoint) {
  FullyConnectedModel model = Model(1, 1, {0, 10});
  model.input_quant = {0.1f, 0};
  model.weight_quant = Quant({0.0f, 0.01f}, 0);
  model.bias = {0, 0};
  model.output_quant = {0.01f, 3};
  for (Rounding rounding : kBothRules)
    EXPECT_THAT(Answer(model, {100}, rounding), ElementsAre(3, 103));
}

// Units and inputs around the tiles of every kernel, with one row and several.
TEST(FullyConnectedTest, SizesAroundTheTiles) {
  for (int32_t n : {1, 2, 7, 8, 9, 16, 17, 33}) {
    for (int32_t k : {1, 3, 4, 5, 31, 64, 65}) {
      const Codes weights = MixedCodes(int64_t{n} * k, n * 100 + k);
      for (int32_t rows : {1, 2, 5}) {
        FullyConnectedModel model = Model(rows, k, weights);
        model.input_quant = {0.02f, 31};
        model.weight_quant = {0.004f, 0};
        for (int32_t c = 0; c < n; ++c) model.bias.push_back(c * 517 - 4000);
        model.output_quant = {0.0007f * static_cast<float>(k), -20};
        const Codes input = MixedCodes(int64_t{rows} * k, k);
        Codes fixed;
        Codes even;
        for (int32_t r = 0; r < rows; ++r) {
          for (int32_t c = 0; c < n; ++c) {
            int64_t acc = model.bias[c];
            for (int32_t i = 0; i < k; ++i) acc += (input[r * k + i] - 31) * weights[c * k + i];
            const float out = model.output_quant.scale[0];
            fixed.push_back(static_cast<int8_t>(RequantizeFloat64(
                acc, double{0.02f} * double{0.004f} / double{out}, -20, -128, 127)));
            even.push_back(
                static_cast<int8_t>(RequantizeFloat32(acc, 0.02f * 0.004f / out, -20, -128, 127)));
          }
        }
        EXPECT_EQ(Answer(model, input, Rounding::kFixedPoint), fixed)
            << n << " " << k << " " << rows;
        EXPECT_EQ(Answer(model, input, Rounding::kFloat32), even) << n << " " << k << " " << rows;
      }
    }
  }
}

// Beyond int32 the product saturates on the side of its sign.
TEST(FullyConnectedTest, ProductsBeyondInt32Saturate) {
  FullyConnectedModel model = Model(1, 64, Codes(128, 127));
  std::fill(model.weight_codes.begin() + 64, model.weight_codes.end(), int8_t{-127});
  model.input_quant = {1, -128};
  for (float scale : {1e-3f, 1e-5f, 1e-8f}) {
    model.output_quant = {scale, -4};
    for (Rounding rounding : kBothRules) {
      EXPECT_THAT(Answer(model, Codes(64, 127), rounding), ElementsAre(127, -128)) << scale;
    }
  }
}

TEST(FullyConnectedTest, Activation) {
  FullyConnectedModel model = Model(1, 1, {-100, 1, 100});
  model.output_quant = {4, 1};
  model.options.activation = Activation::kRelu6;
  // 6 / 4 + 1 = 2.5.
  EXPECT_THAT(Answer(model, {100}, Rounding::kFixedPoint), ElementsAre(1, 3, 3));
  EXPECT_THAT(Answer(model, {100}, Rounding::kFloat32), ElementsAre(1, 2, 2));
}

TEST(FullyConnectedTest, RefusesWhatDoesNotFit) {
  FullyConnectedModel model = Model(1, 3, {1, 2, 3});
  model.weights = {3};
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("'weights' has shape [3]"));
  model = Model(1, 3, {1, 2, 3});
  model.bias = {1, 2};
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("'bias' has 2 elements; 1"));
  model = Model(1, 3, {1, 2, 3});
  model.input = {1, 4};
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("rows of 3 values"));
  model = Model(1, 3, {1, 2, 3});
  model.options.shuffled_weights = true;
  EXPECT_EQ(CompileError(model.Build()).code(), absl::StatusCode::kUnimplemented);
  model = Model(1, 2, {1, 2, 3, 4});
  model.weight_quant = Quant({1.0f, 1.0f}, 1);
  EXPECT_THAT(CompileError(model.Build()).message(), HasSubstr("along dimension 1, not 0"));
}

TEST(FullyConnectedTest, AnEmptyBatchHasAnEmptyAnswer) {
  FullyConnectedModel model = Model(1, 3, {1, 2, 3});
  model.input = {0, 3};
  model.output = {0, 1};
  for (Rounding rounding : kBothRules) EXPECT_THAT(Answer(model, {}, rounding), ElementsAre());
}

// Small integers: every sum is exact in float32, in any order.
TEST(FullyConnectedTest, Float32) {
  FloatFullyConnectedModel model;
  model.input = {2, 3};
  model.weights = {2, 3};
  model.weight_values = {1, 2, 3, -4, 5, -6};
  model.bias = {0.5f, -0.25f};
  model.output = {2, 2};
  EXPECT_THAT((RunValues<float, float>(model.Build(), {{1, 2, 3, 4, 5, 6}})),
              ElementsAre(14.5f, -12.25f, 32.5f, -27.25f));
  model.bias.clear();
  model.options.activation = Activation::kReluN1To1;
  EXPECT_THAT((RunValues<float, float>(model.Build(), {{1, 2, 3, 0, 0, 0}})),
              ElementsAre(1, -1, 0, 0));
}

}  // namespace
}  // namespace octet::testing
