#include "engine/ops/products/unsigned_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace octet::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

TensorDef Weights(const std::vector<uint8_t>& codes, int32_t zero_point) {
  TensorDef tensor;
  tensor.type = DataType::kUint8;
  tensor.shape = *Shape::Create({static_cast<int32_t>(codes.size())});
  tensor.quantization.scale = {1};
  tensor.quantization.zero_point = {zero_point};
  tensor.data = {reinterpret_cast<const std::byte*>(codes.data()), codes.size()};
  tensor.is_constant = true;
  return tensor;
}

TEST(UnsignedCodesTest, FlippingTwiceChangesNothing) {
  std::vector<uint8_t> codes;
  for (int c = 0; c < 256; ++c) codes.push_back(static_cast<uint8_t>(c));
  std::vector<int8_t> flipped(256);
  FlipSigns(codes.data(), 256, flipped.data());
  for (int c = 0; c < 256; ++c) EXPECT_EQ(flipped[c], c - 128);
  FlipSigns(flipped.data(), 256, flipped.data());
  EXPECT_EQ(std::vector<uint8_t>(flipped.begin(), flipped.end()), codes);
}

TEST(UnsignedCodesTest, WeightsThatFitNeedOnePass) {
  const std::vector<uint8_t> codes = {0, 100, 128, 255};
  const CentredWeights centred = CentreWeights(Weights(codes, 128), 2);
  EXPECT_EQ(centred.passes, 1);
  EXPECT_THAT(centred.codes, ElementsAre(-128, -28, 0, 127));
}

TEST(UnsignedCodesTest, ANinthBitIsASecondPassOfEachRow) {
  const std::vector<uint8_t> codes = {0, 255, 200, 10};
  const CentredWeights centred = CentreWeights(Weights(codes, 10), 2);
  EXPECT_EQ(centred.passes, 2);
  EXPECT_THAT(centred.codes, ElementsAreArray({-10, 127, 0, 118, 127, 0, 63, 0}));
}

TEST(UnsignedCodesTest, PartsSumUpForEveryCodeAndZeroPoint) {
  std::vector<uint8_t> codes;
  for (int c = 0; c < 256; ++c) codes.push_back(static_cast<uint8_t>(c));
  for (int32_t zero_point : {0, 1, 127, 128, 129, 255}) {
    const CentredWeights centred = CentreWeights(Weights(codes, zero_point), 1);
    for (int c = 0; c < 256; ++c) {
      int sum = 0;
      for (int32_t p = 0; p < centred.passes; ++p) sum += centred.codes[p * 256 + c];
      EXPECT_EQ(sum, c - zero_point) << c << " less " << zero_point;
    }
  }
}

TEST(UnsignedCodesTest, TheStageMovesWithItsCodes) {
  OutputStageParams params;
  params.output_zero_point = 128;
  params.range = {3, 255};
  const OutputStageParams moved = OnSignedCodes(params);
  EXPECT_EQ(moved.output_zero_point, 0);
  EXPECT_EQ(moved.range.lo, -125);
  EXPECT_EQ(moved.range.hi, 127);
}

}  // namespace
}  // namespace octet::ops
