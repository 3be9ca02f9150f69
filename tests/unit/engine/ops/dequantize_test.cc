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

UnaryModel Model(DataType type, Dims shape, Quant quant) {
  UnaryModel model{BuiltinOp::kDequantize, 2, shape, std::move(quant), shape, {}, {}};
  model.type = type;
  model.out_type = DataType::kFloat32;
  return model;
}

// From TensorFlow Lite: scale * (code - zero point), one float32 product.
TEST(DequantizeTest, Codes) {
  EXPECT_THAT((RunValues<float, int8_t>(Model(DataType::kInt8, {5}, {0.1f, 3}).Build(),
                                        {{-128, -1, 0, 1, 127}})),
              ElementsAre(-13.1f, -0.4f, -0.3f, -0.2f, 12.400001f));
  EXPECT_THAT((RunValues<float, uint8_t>(Model(DataType::kUint8, {4}, {0.3f, 128}).Build(),
                                         {{0, 1, 128, 255}})),
              ElementsAre(-38.4f, -38.100002f, 0.0f, 38.100002f));
}

TEST(DequantizeTest, ScalesPerAxis) {
  const std::vector<int8_t> codes = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_THAT((RunValues<float, int8_t>(
                  Model(DataType::kInt8, {2, 2, 2}, Quant({1.0f, 10.0f}, 1)).Build(), {codes})),
              ElementsAre(1, 2, 30, 40, 5, 6, 70, 80));
  EXPECT_THAT((RunValues<float, int8_t>(
                  Model(DataType::kInt8, {2, 2, 2}, Quant({1.0f, 10.0f}, 2)).Build(), {codes})),
              ElementsAre(1, 20, 3, 40, 5, 60, 7, 80));
}

// Bit patterns by IEEE 754: 1, -2, the smallest subnormal, the largest, infinity, a NaN.
TEST(DequantizeTest, HalfPrecision) {
  const UnaryModel model = Model(DataType::kFloat16, {7}, {});
  const auto got = RunValues<float, uint16_t>(
      model.Build(), {{0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000, 0x7e00}});
  EXPECT_EQ(got[0], 1.0f);
  EXPECT_EQ(got[1], -2.0f);
  EXPECT_EQ(got[2], 0x1p-24f);
  EXPECT_EQ(got[3], 65504.0f);
  EXPECT_EQ(got[4], std::numeric_limits<float>::infinity());
  EXPECT_TRUE(got[5] == 0 && std::signbit(got[5]));
  EXPECT_TRUE(std::isnan(got[6]));
}

TEST(DequantizeTest, ScalarsAndEmptyTensors) {
  EXPECT_THAT((RunValues<float, int8_t>(Model(DataType::kInt8, {}, {0.5f, 0}).Build(), {{3}})),
              ElementsAre(1.5f));
  EXPECT_THAT((RunValues<float, int8_t>(Model(DataType::kInt8, {0, 3}, {0.5f, 0}).Build(), {{}})),
              ElementsAre());
}

TEST(DequantizeTest, RefusesAMissingScale) {
  EXPECT_THAT(CompileError(Model(DataType::kInt8, {1}, {}).Build()).message(),
              HasSubstr("DEQUANTIZE): tensor 'input' has no quantization scale"));
}

}  // namespace
}  // namespace octet::testing
