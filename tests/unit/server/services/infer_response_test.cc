#include "server/services/infer_response.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/server/services/infer_messages.h"

namespace octet::server {
namespace {

using testing::ElementsAre;

// Answers two rows with codes 1 and 3, and reals 0.5 and 1.5.
inference::ModelInferResponse Answer(const inference::ModelInferRequest& message) {
  const ModelDescription model = Model();
  const absl::StatusOr<InferRequest> request = ParseInferRequest(model, message, nullptr);
  EXPECT_TRUE(request.ok()) << request.status();
  inference::ModelInferResponse response;
  PrepareOutputs(model, *request, response);
  const int8_t codes[] = {1, 3};
  const float reals[] = {0.5f, 1.5f};
  for (int row = 1; row >= 0; --row) {
    WriteOutput(model, *request, 0, row, {reinterpret_cast<const std::byte*>(codes + row), 1},
                response);
    WriteOutput(model, *request, 1, row, {reinterpret_cast<const std::byte*>(reals + row), 4},
                response);
  }
  EXPECT_TRUE(FinishOutputs(*request, response).ok());
  return response;
}

TEST(Outputs, AllOfThemRawForARawRequest) {
  const inference::ModelInferResponse response = Answer(RawRequest(2));
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.outputs(0).name(), "code");
  EXPECT_EQ(response.outputs(0).datatype(), "INT8");
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(2, 1));
  EXPECT_EQ(response.raw_output_contents(0), std::string("\1\3"));
  EXPECT_EQ(response.raw_output_contents(1), Floats({0.5f, 1.5f}));
  EXPECT_FALSE(response.outputs(0).has_contents());
}

TEST(Outputs, OnlyThoseAskedForInTheOrderAskedFor) {
  inference::ModelInferRequest message = RawRequest(2);
  message.add_outputs()->set_name("real");
  const inference::ModelInferResponse one = Answer(message);
  ASSERT_EQ(one.outputs_size(), 1);
  EXPECT_EQ(one.raw_output_contents(0), Floats({0.5f, 1.5f}));
  message.add_outputs()->set_name("code");
  const inference::ModelInferResponse two = Answer(message);
  EXPECT_EQ(two.outputs(1).name(), "code");
  EXPECT_EQ(two.raw_output_contents(1), std::string("\1\3"));
}

TEST(Outputs, DequantizedOnRequest) {
  inference::ModelInferRequest message = RawRequest(2);
  message.add_outputs()->set_name("code");
  (*message.mutable_outputs(0)->mutable_parameters())["dequantize"].set_bool_param(true);
  const inference::ModelInferResponse one = Answer(message);
  EXPECT_EQ(one.outputs(0).datatype(), "FP32");
  EXPECT_EQ(one.raw_output_contents(0), Floats({1.0f, 2.0f}));

  message = RawRequest(2);
  (*message.mutable_parameters())["dequantize"].set_bool_param(true);
  const inference::ModelInferResponse all = Answer(message);
  EXPECT_EQ(all.raw_output_contents(0), Floats({1.0f, 2.0f}));
  EXPECT_EQ(all.raw_output_contents(1), Floats({0.5f, 1.5f}));
}

TEST(Outputs, TypedForATypedRequest) {
  inference::ModelInferRequest message;
  for (const char* name : {"a", "b"}) {
    auto* const contents = AddInput(message, name, "INT8", {2, 2})->mutable_contents();
    for (int i = 0; i < 4; ++i) contents->add_int_contents(i);
  }
  const inference::ModelInferResponse codes = Answer(message);
  EXPECT_EQ(codes.raw_output_contents_size(), 0);
  EXPECT_THAT(codes.outputs(0).contents().int_contents(), ElementsAre(1, 3));
  EXPECT_THAT(codes.outputs(1).contents().fp32_contents(), ElementsAre(0.5f, 1.5f));
  (*message.mutable_parameters())["dequantize"].set_bool_param(true);
  EXPECT_THAT(Answer(message).outputs(0).contents().fp32_contents(), ElementsAre(1.0f, 2.0f));
}

TEST(Outputs, ClassesOnRequest) {
  inference::ModelInferRequest message = RawRequest(2);
  auto* const output = message.add_outputs();
  output->set_name("code");
  (*output->mutable_parameters())["classification"].set_int64_param(5);  // of one element
  const inference::ModelInferResponse codes = Answer(message);
  EXPECT_EQ(codes.outputs(0).datatype(), "BYTES");
  EXPECT_THAT(codes.outputs(0).shape(), ElementsAre(2, 1));
  EXPECT_EQ(codes.raw_output_contents(0), std::string("\3\0\0\0001:0\3\0\0\0003:0", 14));
  EXPECT_FALSE(codes.outputs(0).has_contents());
  (*output->mutable_parameters())["dequantize"].set_bool_param(true);
  EXPECT_EQ(Answer(message).raw_output_contents(0), std::string("\3\0\0\0001:0\3\0\0\0002:0", 14));
}

// Model() with outputs whose shapes each run finds.
ModelDescription VaryingModel() {
  ModelDescription model = Model(/*batchable=*/false);
  for (IoTensor& output : model.outputs) output.shape_varies = true;
  return model;
}

TEST(VaryingOutput, IsAnsweredInTheShapeOfTheRun) {
  const ModelDescription model = VaryingModel();
  const auto message = RawRequest();
  const auto request = ParseInferRequest(model, message, nullptr);
  ASSERT_TRUE(request.ok()) << request.status();
  inference::ModelInferResponse response;
  PrepareOutputs(model, *request, response);
  EXPECT_EQ(response.outputs(0).shape_size(), 0);
  const std::vector<int8_t> codes = {3, 4, 5, 6, 7, 8};
  WriteVaryingOutput(model, *request, 0, Shape{3, 2},
                     {reinterpret_cast<const std::byte*>(codes.data()), codes.size()}, response);
  WriteVaryingOutput(model, *request, 1, Shape{0, 4}, {}, response);
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(3, 2));
  EXPECT_EQ(response.raw_output_contents(0), "\3\4\5\6\7\b");
  EXPECT_THAT(response.outputs(1).shape(), ElementsAre(0, 4));
  EXPECT_EQ(response.raw_output_contents(1), "");
}

TEST(VaryingOutput, HasNoShapeInMetadata) {
  const ModelDescription model = VaryingModel();
  EXPECT_THAT(PublicShape(model, model.outputs[0]), ElementsAre(-1, -1));
  EXPECT_THAT(PublicShape(model, model.inputs[0]), ElementsAre(1, 2));
}

}  // namespace
}  // namespace octet::server
