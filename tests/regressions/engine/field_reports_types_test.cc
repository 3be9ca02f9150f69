// Faults that users met with uint8 and int16 models, one test each; numbers as in
// field_reports_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/support/model_builder.h"
#include "tests/support/run_model.h"

namespace octet {
namespace {

using ::testing::ElementsAre;
using testing::kBothRules;
using testing::ModelBuilder;
using testing::Quant;
using testing::RunOptions;
using testing::RunValues;

// Codes of unlike meaning are rescaled before they stand side by side, and saturate.
TEST(FieldReportsTypesTest, H05ConcatenationOfUnlikeScalesUint8) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kUint8, {1, 2}, Quant(0.1f, 128));
  const int z = b.Input("z", DataType::kUint8, {1, 2}, Quant(0.05f, 10));
  const int y = b.Tensor("y", DataType::kUint8, {1, 4}, Quant(0.1f, 128));
  ConcatenationOptions options;
  options.axis = 1;
  b.Op(BuiltinOp::kConcatenation, 1, {x, z}, {y}, options);
  b.Output(y);
  const std::string file = b.Build();
  for (Rounding rounding : kBothRules) {
    RunOptions run;
    run.rounding = rounding;
    EXPECT_THAT((RunValues<uint8_t, uint8_t>(file, {{129, 130}, {30, 255}}, run)),
                ElementsAre(129, 130, 138, 251));
  }
}

// 1,024 products of 32767 * 127 pass 2^31; without a bias nothing in the file asks for 64 bits.
std::string Int16FullyConnected(int32_t depth, float out_scale, bool with_bias) {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt16, {1, depth}, Quant(1.0f / 32768, 0));
  const int w =
      b.Constant<int8_t>("w", {1, depth}, std::vector<int8_t>(depth, 127), Quant(0.01f, 0));
  std::vector<int> inputs = {x, w, kAbsentTensor};
  if (with_bias) inputs[2] = b.Constant<int64_t>("bias", {1}, std::vector<int64_t>{0});
  const int y = b.Tensor("y", DataType::kInt16, {1, 1}, Quant(out_scale, 0));
  b.Op(BuiltinOp::kFullyConnected, 4, inputs, {y}, FullyConnectedOptions{});
  b.Output(y);
  return b.Build();
}

TEST(FieldReportsTypesTest, H07Int16AccumulatorDoesNotWrap) {
  for (Rounding rounding : kBothRules) {
    for (bool with_bias : {false, true}) {
      RunOptions run;
      run.rounding = rounding;
      const std::string file = Int16FullyConnected(1024, 1024 * 1.27f / 32000, with_bias);
      EXPECT_THAT((RunValues<int16_t, int16_t>(file, {std::vector<int16_t>(1024, 32767)}, run)),
                  ElementsAre(31999))
          << RoundingName(rounding) << (with_bias ? ", with bias" : ", without bias");
    }
  }
}

// Reals for a model in INT8: 1/255 as a float32 is a little larger than 1/255, so that 0.5 lies
// below the tie; NaN has no code and is named. (That a client's UINT8 or INT32 is refused:
// server_errors_test.)
TEST(FieldReportsTypesTest, H13RealsAtTheEdge) {
  const Quantization quantization{{1.0f / 255}, {-128}, 0};
  const auto quantize = [&](const std::vector<float>& reals, std::vector<int8_t>& codes) {
    codes.resize(reals.size());
    return QuantizeValues({reinterpret_cast<const std::byte*>(reals.data()), reals.size() * 4},
                          DataType::kInt8, quantization,
                          {reinterpret_cast<std::byte*>(codes.data()), codes.size()});
  };
  std::vector<int8_t> codes;
  ASSERT_TRUE(quantize({0.0f, 0.5f, 1.0f}, codes).ok());
  EXPECT_THAT(codes, ElementsAre(-128, -1, 127));
  const absl::Status nan = quantize({0.0f, std::numeric_limits<float>::quiet_NaN()}, codes);
  EXPECT_EQ(nan.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(nan.message()), ::testing::HasSubstr("element 1"));
}

}  // namespace
}  // namespace octet
