#include "server/services/edge_quantization.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using testing::ElementsAre;

Quantization PerTensor(float scale, int32_t zero_point) { return {{scale}, {zero_point}, 0}; }

template <typename T>
std::vector<int> Quantized(const std::vector<float>& reals, const Quantization& quantization) {
  std::vector<T> codes(reals.size());
  QuantizeReals(reals.data(), reals.size(), DataTypeOf<T>::value, quantization,
                reinterpret_cast<std::byte*>(codes.data()));
  return {codes.begin(), codes.end()};
}

TEST(EdgeQuantization, ImageValuesToInt8) {
  // As a float32, 1 / 255 is a little more than that, and so 0.5 a little less than 127.5 of it.
  EXPECT_THAT(Quantized<int8_t>({0.0f, 0.5f, 1.0f}, PerTensor(1.0f / 255, -128)),
              ElementsAre(-128, -1, 127));
}

TEST(EdgeQuantization, TiesGoToTheEvenQuotient) {
  EXPECT_THAT(Quantized<int8_t>({0.5f, 1.5f, 2.5f, -0.5f, -1.5f}, PerTensor(1, 0)),
              ElementsAre(0, 2, 2, 0, -2));
}

TEST(EdgeQuantization, Saturates) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(Quantized<int8_t>({1e30f, -1e30f, infinity, -infinity}, PerTensor(0.5f, 3)),
              ElementsAre(127, -128, 127, -128));
  EXPECT_THAT(Quantized<uint8_t>({300.0f, -1.0f}, PerTensor(1, 0)), ElementsAre(255, 0));
  EXPECT_THAT(Quantized<int16_t>({40000.0f, -40000.0f, 0.5f}, PerTensor(0.25f, 0)),
              ElementsAre(32767, -32768, 2));
}

TEST(EdgeQuantization, EveryCodeSurvivesTheWayThereAndBack) {
  const Quantization quantization = PerTensor(0.0235294122f, -3);
  std::vector<int8_t> codes(256);
  for (int i = 0; i < 256; ++i) codes[i] = static_cast<int8_t>(i - 128);
  std::vector<float> reals(256);
  DequantizeReals(reinterpret_cast<const std::byte*>(codes.data()), 256, DataType::kInt8,
                  quantization, reals.data());
  EXPECT_EQ(reals[128], 0.0235294122f * 3);
  std::vector<int8_t> back(256);
  QuantizeReals(reals.data(), 256, DataType::kInt8, quantization,
                reinterpret_cast<std::byte*>(back.data()));
  EXPECT_EQ(back, codes);
}

TEST(EdgeQuantization, WorksAtAnyAlignment) {
  std::vector<char> bytes(1 + sizeof(float));
  const float real = 2.0f;
  std::memcpy(bytes.data() + 1, &real, sizeof(real));
  std::byte code;
  QuantizeReals(bytes.data() + 1, 1, DataType::kInt8, PerTensor(1, 0), &code);
  EXPECT_EQ(static_cast<int8_t>(code), 2);
  DequantizeReals(&code, 1, DataType::kInt8, PerTensor(2, 0), bytes.data() + 1);
  float back;
  std::memcpy(&back, bytes.data() + 1, sizeof(back));
  EXPECT_EQ(back, 4.0f);
}

TEST(EdgeQuantization, FindsTheFirstNan) {
  const float values[] = {0, 1, NAN, NAN};
  EXPECT_EQ(FindNan(values, 4), 2);
  EXPECT_EQ(FindNan(values, 2), -1);
}

TEST(EdgeQuantization, KnowsWhatIsFinite) {
  const float values[] = {0, -1e38f, INFINITY, 1, NAN};
  EXPECT_TRUE(AllFinite(values, 2));
  EXPECT_FALSE(AllFinite(values, 3));
  EXPECT_TRUE(AllFinite(values + 3, 1));
  EXPECT_FALSE(AllFinite(values + 3, 2));
}

TEST(EdgeQuantization, NeedsOnePositiveFiniteScale) {
  EXPECT_TRUE(IsEdgeQuantizable(DataType::kInt8, PerTensor(0.1f, 0)));
  EXPECT_FALSE(IsEdgeQuantizable(DataType::kInt8, Quantization{}));
  EXPECT_FALSE(IsEdgeQuantizable(DataType::kInt8, PerTensor(0, 0)));
  EXPECT_FALSE(IsEdgeQuantizable(DataType::kInt8, PerTensor(NAN, 0)));
  EXPECT_FALSE(IsEdgeQuantizable(DataType::kInt8, Quantization{{1, 2}, {0, 0}, 0}));
  EXPECT_FALSE(IsEdgeQuantizable(DataType::kFloat32, PerTensor(1, 0)));
  EXPECT_FALSE(IsEdgeQuantizable(DataType::kInt32, PerTensor(1, 0)));
}

}  // namespace
}  // namespace octet::server
