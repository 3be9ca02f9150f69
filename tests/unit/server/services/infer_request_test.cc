#include "server/services/infer_request.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/server/services/infer_messages.h"

namespace octet::server {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<int> ReadInput(const InferRequest& request, int input, int64_t first, int64_t count) {
  std::vector<int8_t> codes(count);
  request.inputs[input](first, count, reinterpret_cast<std::byte*>(codes.data()));
  return {codes.begin(), codes.end()};
}

std::string Refusal(const inference::ModelInferRequest& message, bool batchable = true) {
  const absl::StatusOr<InferRequest> request =
      ParseInferRequest(Model(batchable), message, nullptr);
  EXPECT_EQ(request.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(request.status().message());
}

TEST(ParseInferRequest, TakesInputsInAnyOrderByName) {
  inference::ModelInferRequest message;
  AddInput(message, "b", "INT8", {2, 2});
  AddInput(message, "a", "INT8", {2, 2});
  message.add_raw_input_contents("\x05\x06\x07\x08");
  message.add_raw_input_contents("\x01\x02\x03\x04");
  const ModelDescription model = Model();
  const absl::StatusOr<InferRequest> request = ParseInferRequest(model, message, nullptr);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->rows, 2);
  EXPECT_EQ(request->bytes, 8);
  EXPECT_TRUE(request->raw);
  EXPECT_THAT(ReadInput(*request, 0, 0, 4), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(ReadInput(*request, 1, 2, 2), ElementsAre(7, 8));
}

TEST(ParseInferRequest, TypedContents) {
  inference::ModelInferRequest message;
  for (const char* name : {"a", "b"}) {
    auto* const contents = AddInput(message, name, "INT8", {1, 2})->mutable_contents();
    contents->add_int_contents(-128);
    contents->add_int_contents(127);
  }
  const ModelDescription model = Model();
  const absl::StatusOr<InferRequest> request = ParseInferRequest(model, message, nullptr);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_FALSE(request->raw);
  EXPECT_THAT(ReadInput(*request, 0, 0, 2), ElementsAre(-128, 127));
}

TEST(ParseInferRequest, RealsForAQuantizedInput) {
  inference::ModelInferRequest message;
  AddInput(message, "a", "FP32", {1, 2});
  auto* const typed = AddInput(message, "b", "FP32", {1, 2});
  message.add_raw_input_contents(Floats({1.0f, 1e9f}));
  message.add_raw_input_contents(Floats({0.25f, 0.75f}));
  const ModelDescription model = Model();
  absl::StatusOr<InferRequest> request = ParseInferRequest(model, message, nullptr);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(ReadInput(*request, 0, 0, 2), ElementsAre(1, 127));
  EXPECT_THAT(ReadInput(*request, 1, 0, 2), ElementsAre(-1, 1));  // ties 0.5 and 1.5, to even

  message.mutable_raw_input_contents(1)->assign(Floats({0, NAN}));
  EXPECT_THAT(Refusal(message), AllOf(HasSubstr("'b'"), HasSubstr("element 1 is NaN")));

  message.clear_raw_input_contents();
  message.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  message.mutable_inputs(0)->mutable_contents()->add_fp32_contents(2);
  typed->mutable_contents()->add_fp32_contents(3);
  typed->mutable_contents()->add_fp32_contents(4);
  request = ParseInferRequest(model, message, nullptr);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(ReadInput(*request, 1, 1, 1), ElementsAre(7));
}

TEST(ParseInferRequest, NamesWhatIsWrongWithInputs) {
  inference::ModelInferRequest message = RawRequest();
  message.mutable_inputs(1)->set_name("c");
  EXPECT_THAT(Refusal(message), AllOf(HasSubstr("'c'"), HasSubstr("'a', 'b'")));
  message.mutable_inputs(1)->set_name("a");
  EXPECT_THAT(Refusal(message), HasSubstr("'a' is given twice"));
  message = RawRequest();
  message.mutable_inputs()->RemoveLast();
  message.mutable_raw_input_contents()->RemoveLast();
  EXPECT_THAT(Refusal(message), HasSubstr("'b' is missing"));
  message = RawRequest();
  message.mutable_inputs(0)->set_datatype("UINT8");
  EXPECT_THAT(Refusal(message),
              AllOf(HasSubstr("'UINT8'"), HasSubstr("must be INT8"), HasSubstr("scale 0.5")));
  message = RawRequest();
  (*message.mutable_inputs(0)->mutable_parameters())["x"].set_bool_param(true);
  EXPECT_THAT(Refusal(message), HasSubstr("unknown parameter 'x'"));
}

TEST(ParseInferRequest, NamesWhatIsWrongWithShapes) {
  for (const std::vector<int64_t>& shape :
       std::vector<std::vector<int64_t>>{{2}, {1, 3}, {1, 2, 1}, {0, 2}, {-1, 2}, {}}) {
    inference::ModelInferRequest message = RawRequest();
    message.mutable_inputs(0)->mutable_shape()->Assign(shape.begin(), shape.end());
    EXPECT_THAT(Refusal(message), AllOf(HasSubstr(ShapeText(shape)), HasSubstr("[-1,2]")));
  }
  inference::ModelInferRequest message = RawRequest(2);
  message.mutable_inputs(1)->set_shape(0, 1);
  message.mutable_raw_input_contents(1)->resize(2);
  EXPECT_THAT(Refusal(message), HasSubstr("'b' has 1 rows, 'a' has 2"));
  EXPECT_THAT(Refusal(RawRequest(2), /*batchable=*/false),
              AllOf(HasSubstr("must be [1,2]"), HasSubstr("RESHAPE mixes rows")));
}

TEST(ParseInferRequest, RowCountsThatOverflowAreRefused) {
  for (const int64_t rows : {std::numeric_limits<int64_t>::max(), int64_t{1} << 62}) {
    inference::ModelInferRequest message = RawRequest();
    message.mutable_inputs(0)->set_shape(0, rows);
    EXPECT_THAT(Refusal(message), HasSubstr("'a'"));
  }
}

TEST(ParseInferRequest, NamesWhatIsWrongWithContents) {
  inference::ModelInferRequest message = RawRequest();
  message.mutable_raw_input_contents(1)->append("x");
  EXPECT_THAT(Refusal(message),
              AllOf(HasSubstr("raw_input_contents[1] has 3 bytes"), HasSubstr("2 elements")));
  message = RawRequest();
  message.add_raw_input_contents("x");
  EXPECT_THAT(Refusal(message), HasSubstr("has 3 entries"));
  message = RawRequest();
  message.mutable_inputs(0)->mutable_contents()->add_int_contents(1);
  EXPECT_THAT(Refusal(message), HasSubstr("one or the other"));
  message = RawRequest();
  message.clear_raw_input_contents();
  EXPECT_THAT(Refusal(message), HasSubstr("int_contents has 0 elements, must have 2"));
  message.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  EXPECT_THAT(Refusal(message), HasSubstr("stand in int_contents, not in fp32_contents"));
  message.mutable_inputs(0)->mutable_contents()->Clear();
  message.mutable_inputs(0)->mutable_contents()->add_int_contents(1);
  message.mutable_inputs(0)->mutable_contents()->add_int_contents(128);
  EXPECT_THAT(Refusal(message), HasSubstr("int_contents[1] is 128, which does not fit INT8"));
}

TEST(ParseInferRequest, NamesWhatIsWrongWithOutputs) {
  inference::ModelInferRequest message = RawRequest();
  message.add_outputs()->set_name("none");
  EXPECT_THAT(Refusal(message), AllOf(HasSubstr("'none'"), HasSubstr("'code', 'real'")));
  message.mutable_outputs(0)->set_name("code");
  message.add_outputs()->set_name("code");
  EXPECT_THAT(Refusal(message), HasSubstr("requested twice"));
  message.mutable_outputs()->RemoveLast();
  (*message.mutable_outputs(0)->mutable_parameters())["dequantize"].set_int64_param(1);
  EXPECT_THAT(Refusal(message), HasSubstr("must be a bool_param"));
  message.mutable_outputs(0)->clear_parameters();
  (*message.mutable_outputs(0)->mutable_parameters())["top"].set_int64_param(1);
  EXPECT_THAT(Refusal(message), HasSubstr("unknown parameter 'top'"));
}

TEST(ParseInferRequest, SharedMemoryIsUnimplementedWhereItIsOff) {
  inference::ModelInferRequest message = RawRequest();
  auto& parameters = *message.mutable_inputs(0)->mutable_parameters();
  parameters["shared_memory_region"].set_string_param("r");
  parameters["shared_memory_byte_size"].set_int64_param(2);
  message.mutable_raw_input_contents()->RemoveLast();
  EXPECT_EQ(ParseInferRequest(Model(), message, nullptr).status().code(),
            absl::StatusCode::kUnimplemented);
}

// KServe's Python client sends them over gRPC too.
TEST(ParseInferRequest, PassesOverWhatBelongsToTheRestForm) {
  inference::ModelInferRequest message = RawRequest();
  (*message.mutable_inputs(0)->mutable_parameters())["binary_data_size"].set_int64_param(2);
  auto* const output = message.add_outputs();
  output->set_name("code");
  (*output->mutable_parameters())["binary_data"].set_bool_param(true);
  EXPECT_TRUE(ParseInferRequest(Model(), message, nullptr).ok());
}

TEST(ParseInferRequest, NamesWhatIsWrongWithClassification) {
  inference::ModelInferRequest message = RawRequest();
  auto* const output = message.add_outputs();
  output->set_name("code");
  (*output->mutable_parameters())["classification"].set_int64_param(0);
  EXPECT_THAT(Refusal(message), HasSubstr("output 'code': classification is 0"));
  (*output->mutable_parameters())["classification"].set_string_param("3");
  EXPECT_THAT(Refusal(message), HasSubstr("int64_param"));
}

}  // namespace
}  // namespace octet::server
