#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/support/run_model.h"
#include "tests/unit/engine/ops/op_models.h"

namespace octet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

UnaryModel Model(Dims input, std::vector<int32_t> paddings, Dims output,
                 DataType type = DataType::kFloat32, Quant quant = {}) {
  UnaryModel model{BuiltinOp::kPad, 2, std::move(input), quant, std::move(output), quant, {}};
  model.type = model.out_type = type;
  model.parameter_shape = {static_cast<int32_t>(paddings.size()) / 2, 2};
  model.parameter = std::move(paddings);
  model.has_parameter = true;
  return model;
}

// From TensorFlow Lite: codes are padded with the zero point.
TEST(PadTest, Int8PadsWithTheZeroPoint) {
  EXPECT_THAT((RunValues<int8_t, int8_t>(
                  Model({2, 2}, {1, 0, 0, 2}, {3, 4}, DataType::kInt8, {0.1f, -7}).Build(),
                  {{1, 2, 3, 4}})),
              ElementsAre(-7, -7, -7, -7, 1, 2, -7, -7, 3, 4, -7, -7));
}

TEST(PadTest, Float32PadsWithZero) {
  EXPECT_THAT((RunValues<float, float>(Model({1, 2}, {0, 1, 1, 0}, {2, 3}).Build(), {{5, 6}})),
              ElementsAre(0, 5, 6, 0, 0, 0));
}

TEST(PadTest, MiddleDimensions) {
  EXPECT_THAT((RunValues<float, float>(Model({2, 1, 2}, {0, 0, 1, 1, 0, 0}, {2, 3, 2}).Build(),
                                       {{1, 2, 3, 4}})),
              ElementsAre(0, 0, 1, 2, 0, 0, 0, 0, 3, 4, 0, 0));
}

// Images of two channels, as before a convolution.
TEST(PadTest, SidesOfImages) {
  EXPECT_THAT(
      (RunValues<int8_t, int8_t>(
          Model({2, 2, 2, 2}, {0, 0, 1, 0, 0, 1, 0, 0}, {2, 3, 3, 2}, DataType::kInt8, {0.1f, 9})
              .Build(),
          {{1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18}})),
      ElementsAre(9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 9, 9, 5, 6, 7, 8, 9, 9,  //
                  9, 9, 9, 9, 9, 9, 11, 12, 13, 14, 9, 9, 15, 16, 17, 18, 9, 9));
}

TEST(PadTest, NothingToPadAndNothingInside) {
  EXPECT_THAT((RunValues<float, float>(Model({2}, {0, 0}, {2}).Build(), {{1, 2}})),
              ElementsAre(1, 2));
  EXPECT_THAT((RunValues<float, float>(Model({0, 2}, {1, 0, 0, 1}, {1, 3}).Build(), {{}})),
              ElementsAre(0, 0, 0));
}

TEST(PadTest, PaddingsOf64Bits) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1});
  const int paddings = b.Constant<int64_t>("paddings", {1, 2}, {1, 2});
  const int y = b.Tensor("y", DataType::kFloat32, {4});
  b.Op(BuiltinOp::kPad, 1, {x, paddings}, {y});
  b.Output(y);
  EXPECT_THAT((RunValues<float, float>(b.Build(), {{9}})), ElementsAre(0, 9, 0, 0));
}

TEST(PadTest, RefusesWhatDoesNotFit) {
  EXPECT_THAT(CompileError(Model({2}, {-1, 0}, {1}).Build()).message(),
              HasSubstr("PAD): padding -1 is negative"));
  EXPECT_THAT(CompileError(Model({2, 2}, {1, 0}, {3, 2}).Build()).message(),
              HasSubstr("2 paddings for a tensor of 2 dimensions"));
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  EXPECT_THAT(CompileError(Model({2}, {kMax, kMax}, {2}).Build()).message(),
              HasSubstr("grows too large"));
  UnaryModel other = Model({2}, {1, 0}, {3}, DataType::kInt8, {0.1f, 0});
  other.output_quant = {0.2f, 0};
  EXPECT_THAT(CompileError(other.Build()).message(), HasSubstr("must have the same quantization"));
}

}  // namespace
}  // namespace octet::testing
