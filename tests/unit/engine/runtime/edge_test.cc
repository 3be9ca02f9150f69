#include "engine/runtime/edge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kInf = std::numeric_limits<float>::infinity();

Quantization PerTensor(float scale, int32_t zero_point) { return {{scale}, {zero_point}, 0}; }

template <typename T>
absl::Span<const std::byte> Bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
absl::Span<std::byte> Writable(std::vector<T>& values) {
  return {reinterpret_cast<std::byte*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
std::vector<T> ToCodes(const std::vector<float>& values, const Quantization& quantization) {
  std::vector<T> codes(values.size());
  const auto status =
      EdgeQuantize(Bytes(values), DataTypeOf<T>::value, quantization, Writable(codes));
  EXPECT_TRUE(status.ok()) << status;
  return codes;
}

TEST(EdgeTest, TiesGoToEvenBeforeTheZeroPoint) {
  EXPECT_THAT(ToCodes<int8_t>({-1.5f, -0.5f, 0.5f, 1.5f, 2.5f}, PerTensor(1, 0)),
              ElementsAre(-2, 0, 0, 2, 2));
  EXPECT_THAT(ToCodes<int8_t>({-1.5f, -0.5f, 0.5f, 1.5f, 2.5f}, PerTensor(1, 3)),
              ElementsAre(1, 3, 3, 5, 5));
}

// 1/255 as a float is a little more, so that 0.5 is 127.49999 of its steps: no tie.
TEST(EdgeTest, PixelsOfZeroToOne) {
  EXPECT_THAT(ToCodes<int8_t>({0.0f, 0.5f, 1.0f}, PerTensor(1.0f / 255, -128)),
              ElementsAre(-128, -1, 127));
  EXPECT_THAT(ToCodes<uint8_t>({0.0f, 0.5f, 1.0f}, PerTensor(1.0f / 255, 0)),
              ElementsAre(0, 127, 255));
}

TEST(EdgeTest, SaturatesIncludingInfinities) {
  EXPECT_THAT(ToCodes<int8_t>({1e30f, -1e30f, kInf, -kInf}, PerTensor(0.1f, 5)),
              ElementsAre(127, -128, 127, -128));
  EXPECT_THAT(ToCodes<uint8_t>({1e30f, -1e30f}, PerTensor(0.1f, 5)), ElementsAre(255, 0));
  EXPECT_THAT(ToCodes<int16_t>({1e30f, -kInf, 0.26f}, PerTensor(0.1f, 0)),
              ElementsAre(32767, -32768, 3));
}

TEST(EdgeTest, ANaNIsNamedByItsIndex) {
  const std::vector<float> values = {0, 1, NAN};
  std::vector<std::byte> out(3);
  const auto status =
      EdgeQuantize(Bytes(values), DataType::kInt8, PerTensor(1, 0), absl::MakeSpan(out));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("element 2"));
}

TEST(EdgeTest, CodesToNumbers) {
  const std::vector<int8_t> codes = {-128, 0, 127};
  std::vector<float> out(3);
  ASSERT_TRUE(
      EdgeDequantize(Bytes(codes), DataType::kInt8, PerTensor(0.1f, 3), Writable(out)).ok());
  EXPECT_THAT(out, ElementsAre(-13.1f, -0.3f, 12.400001f));
  const std::vector<int16_t> wide = {-32768, 32767};
  std::vector<float> wide_out(2);
  ASSERT_TRUE(
      EdgeDequantize(Bytes(wide), DataType::kInt16, PerTensor(0.5f, 0), Writable(wide_out)).ok());
  EXPECT_THAT(wide_out, ElementsAre(-16384, 16383.5f));
}

TEST(EdgeTest, EveryCodeComesBack) {
  for (float scale : {0.1f, 1.0f / 255, 3.7e-5f, 12.3f}) {
    for (int32_t zero_point : {-128, -3, 0, 127}) {
      std::vector<int8_t> codes;
      for (int c = -128; c < 128; ++c) codes.push_back(static_cast<int8_t>(c));
      std::vector<float> values(256);
      ASSERT_TRUE(EdgeDequantize(Bytes(codes), DataType::kInt8, PerTensor(scale, zero_point),
                                 Writable(values))
                      .ok());
      EXPECT_EQ(ToCodes<int8_t>(values, PerTensor(scale, zero_point)), codes);
    }
  }
}

TEST(EdgeTest, RefusesWhatIsNotQuantizedOrDoesNotFit) {
  const std::vector<float> values = {1, 2};
  std::vector<std::byte> two(2);
  std::vector<std::byte> three(3);
  EXPECT_FALSE(
      EdgeQuantize(Bytes(values), DataType::kInt8, PerTensor(1, 0), absl::MakeSpan(three)).ok());
  EXPECT_FALSE(
      EdgeQuantize(Bytes(values), DataType::kInt16, PerTensor(1, 0), absl::MakeSpan(two)).ok());
  EXPECT_THAT(
      EdgeQuantize(Bytes(values), DataType::kInt32, PerTensor(1, 0), absl::MakeSpan(two)).message(),
      HasSubstr("INT32"));
  EXPECT_FALSE(
      EdgeQuantize(Bytes(values), DataType::kInt8, Quantization{}, absl::MakeSpan(two)).ok());
  EXPECT_FALSE(EdgeQuantize(Bytes(values), DataType::kInt8, Quantization{{1, 2}, {0, 0}, 0},
                            absl::MakeSpan(two))
                   .ok());
  EXPECT_FALSE(
      EdgeQuantize(Bytes(values), DataType::kInt8, PerTensor(0, 0), absl::MakeSpan(two)).ok());
}

}  // namespace
}  // namespace octet
