#include "client/lib/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using inference::ModelInferResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelInferResponse OneOutput(const std::string& datatype, std::vector<int64_t> shape) {
  ModelInferResponse response;
  auto* output = response.add_outputs();
  output->set_name("y");
  output->set_datatype(datatype);
  output->mutable_shape()->Assign(shape.begin(), shape.end());
  return response;
}

TEST(WireTest, EncodesInputsRawAndWhatIsWanted) {
  const inference::ModelInferRequest request =
      EncodeInferRequest({.model = {"m", "3"},
                          .inputs = {{"x", DataType::kInt16, {1, 2}, Bytes<int16_t>({5, -6})}},
                          .outputs = {"a", "b"},
                          .dequantize = true});
  EXPECT_EQ(request.model_name(), "m");
  EXPECT_EQ(request.model_version(), "3");
  ASSERT_EQ(request.inputs_size(), 1);
  EXPECT_EQ(request.inputs(0).datatype(), "INT16");
  EXPECT_THAT(request.inputs(0).shape(), ElementsAre(1, 2));
  EXPECT_EQ(request.raw_input_contents(0), Bytes<int16_t>({5, -6}));
  EXPECT_EQ(request.outputs(1).name(), "b");
  EXPECT_TRUE(request.parameters().at("dequantize").bool_param());
}

TEST(WireTest, DecodesRawContents) {
  ModelInferResponse response = OneOutput("FP32", {1, 2});
  response.set_model_name("m");
  response.set_model_version("4");
  response.add_raw_output_contents(Bytes<float>({1, 2}));
  const auto result = DecodeInferResponse(response);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->model.version, "4");
  EXPECT_THAT(Values<float>(result->outputs[0].data), ElementsAre(1, 2));
}

TEST(WireTest, DecodesTypedContentsOfEveryType) {
  ModelInferResponse response = OneOutput("INT8", {2});
  response.mutable_outputs(0)->mutable_contents()->add_int_contents(-3);
  response.mutable_outputs(0)->mutable_contents()->add_int_contents(4);
  EXPECT_THAT(Values<int8_t>(DecodeInferResponse(response)->outputs[0].data), ElementsAre(-3, 4));
  response = OneOutput("BOOL", {1});
  response.mutable_outputs(0)->mutable_contents()->add_bool_contents(true);
  EXPECT_EQ(DecodeInferResponse(response)->outputs[0].data, "\x01");
  response = OneOutput("UINT16", {1});
  response.mutable_outputs(0)->mutable_contents()->add_uint_contents(65535);
  EXPECT_THAT(Values<uint16_t>(DecodeInferResponse(response)->outputs[0].data), ElementsAre(65535));
  response = OneOutput("INT64", {1});
  response.mutable_outputs(0)->mutable_contents()->add_int64_contents(int64_t{1} << 60);
  EXPECT_THAT(Values<int64_t>(DecodeInferResponse(response)->outputs[0].data),
              ElementsAre(int64_t{1} << 60));
  response = OneOutput("FP64", {1});
  response.mutable_outputs(0)->mutable_contents()->add_fp64_contents(0.25);
  EXPECT_THAT(Values<double>(DecodeInferResponse(response)->outputs[0].data), ElementsAre(0.25));
}

TEST(WireTest, BrokenAnswersAreInternalErrorsThatNameTheOutput) {
  ModelInferResponse short_bytes = OneOutput("FP32", {2});
  short_bytes.add_raw_output_contents("1234");
  ModelInferResponse two_raws = OneOutput("FP32", {1});
  two_raws.add_raw_output_contents("1234");
  two_raws.add_raw_output_contents("1234");
  ModelInferResponse negative = OneOutput("FP32", {-1});
  negative.add_raw_output_contents("");
  for (const ModelInferResponse& response :
       {short_bytes, two_raws, negative, OneOutput("BYTES", {1}), OneOutput("FP16", {1}),
        OneOutput("INT8", {int64_t{1} << 40, int64_t{1} << 40})}) {
    const absl::Status status = DecodeInferResponse(response).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << response.ShortDebugString();
    EXPECT_THAT(std::string(status.message()), HasSubstr("answer is broken"));
  }
}

}  // namespace
}  // namespace octet::client
