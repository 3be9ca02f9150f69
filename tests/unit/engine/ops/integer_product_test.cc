#include "engine/ops/products/integer_product.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace octet::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(DotS16Test, IsExactBeyondInt32) {
  const std::vector<int16_t> a(3000, -32768);
  const std::vector<int16_t> b(3000, -128);
  EXPECT_EQ(DotS16(a.data(), b.data(), 3000, SafeChunk(DataType::kInt16)), int64_t{3000} << 22);
  EXPECT_EQ(DotS16(a.data(), a.data(), 3000, 1), int64_t{3000} << 30);
  EXPECT_EQ(DotS16(a.data(), b.data(), 0, 1), 0);
}

TEST(DotS16Test, AFullChunkOfTheLargestProductsFits) {
  const std::vector<int16_t> bytes(70000, 255);
  EXPECT_EQ(DotS16(bytes.data(), bytes.data(), 70000, SafeChunk(DataType::kUint8)),
            int64_t{70000} * 65025);
}

class IntegerProductTest : public ::testing::Test {
 protected:
  static TensorDef Tensor(const std::string& name, DataType type, const std::vector<int32_t>& dims,
                          float scale, int32_t zero_point) {
    TensorDef tensor;
    tensor.name = name;
    tensor.type = type;
    tensor.shape = *Shape::Create(dims);
    tensor.quantization.scale = {scale};
    tensor.quantization.zero_point = {zero_point};
    return tensor;
  }

  // Two channels of two inputs.
  IntegerProductParams Params(DataType type, DataType weights_type, const void* codes) {
    input_ = Tensor("x", type, {1, 2}, 1.0f, 0);
    weights_ = Tensor("w", weights_type, {2, 2}, 1.0f, 0);
    weights_.data = {static_cast<const std::byte*>(codes), 4};
    weights_.is_constant = true;
    output_ = Tensor("y", type, {1, 2}, 1.0f, 0);
    IntegerProductParams params;
    params.input = &input_;
    params.weights = &weights_;
    params.output = &output_;
    params.channels = 2;
    params.channel_stride = 2;
    return params;
  }

  void SetBias(const std::vector<int64_t>& bias) {
    bias_ = Tensor("b", DataType::kInt64, {2}, 1.0f, 0);
    bias_.data = {reinterpret_cast<const std::byte*>(bias.data()), bias.size() * 8};
    bias_.is_constant = true;
  }

  TensorDef input_;
  TensorDef weights_;
  TensorDef output_;
  TensorDef bias_;
};

TEST_F(IntegerProductTest, TakesTheZeroPointOffWeights) {
  const std::vector<uint8_t> codes = {0, 255, 100, 101};
  IntegerProductParams params = Params(DataType::kUint8, DataType::kUint8, codes.data());
  weights_.quantization.zero_point = {100};
  const auto product = IntegerProduct::Make(params, Rounding::kFixedPoint);
  ASSERT_TRUE(product.ok()) << product.status();
  EXPECT_THAT(product->weights, ElementsAre(-100, 155, 0, 1));
  EXPECT_THAT(product->bias, ElementsAre(0, 0));
}

TEST_F(IntegerProductTest, RefusesZeroPointsOutsideOfTheType) {
  const std::vector<uint8_t> codes(4, 1);
  IntegerProductParams params = Params(DataType::kUint8, DataType::kUint8, codes.data());
  for (TensorDef* tensor : {&input_, &weights_, &output_}) {
    for (const int32_t zero_point : {-1, 256}) {
      tensor->quantization.zero_point = {zero_point};
      EXPECT_THAT(std::string(IntegerProduct::Make(params, Rounding::kFloat32).status().message()),
                  HasSubstr(tensor->name));
    }
    tensor->quantization.zero_point = {0};
  }
  params = Params(DataType::kInt16, DataType::kInt8, codes.data());
  EXPECT_TRUE(IntegerProduct::Make(params, Rounding::kFloat32).ok());
  input_.quantization.zero_point = {1};
  EXPECT_FALSE(IntegerProduct::Make(params, Rounding::kFloat32).ok());
}

TEST_F(IntegerProductTest, RefusesSumsBeyondTheRuleOfTheType) {
  const std::vector<int8_t> codes(4, 1);
  IntegerProductParams params = Params(DataType::kInt16, DataType::kInt8, codes.data());
  params.bias = &bias_;
  for (const int64_t bias : {(int64_t{1} << 47) - 65536, -(int64_t{1} << 47) + 65536}) {
    const std::vector<int64_t> fits = {0, bias};
    SetBias(fits);
    EXPECT_TRUE(IntegerProduct::Make(params, Rounding::kFixedPoint).ok()) << bias;
  }
  for (const int64_t bias : {(int64_t{1} << 47) - 65535, std::numeric_limits<int64_t>::min(),
                             std::numeric_limits<int64_t>::max()}) {
    const std::vector<int64_t> too_large = {0, bias};
    SetBias(too_large);
    EXPECT_THAT(std::string(IntegerProduct::Make(params, Rounding::kFixedPoint).status().message()),
                HasSubstr("channel 1"));
  }
}

// MB64: half goes up, on both sides of zero.
TEST_F(IntegerProductTest, WideSumsRoundHalfUp) {
  const std::vector<int8_t> codes(4, 1);
  IntegerProductParams params = Params(DataType::kInt16, DataType::kInt8, codes.data());
  output_.quantization.scale = {2.0f};
  const auto product = IntegerProduct::Make(params, Rounding::kFloat32);
  ASSERT_TRUE(product.ok()) << product.status();
  const std::vector<int64_t> sums = {-3, -1, 1, 3, int64_t{1} << 46, -(int64_t{1} << 46)};
  std::vector<int16_t> out(sums.size());
  product->stage.FinishSums(sums.data(), 3, 2, out.data());
  EXPECT_THAT(out, ElementsAre(-1, 0, 1, 2, 32767, -32768));
}

}  // namespace
}  // namespace octet::ops
